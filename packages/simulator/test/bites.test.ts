import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bite } from '../../../scripts/mutants/cluster-bites.mjs'
import { CLUSTER_MUTANTS, HISTORY_SEEDS } from '../../../scripts/mutants/cluster-mutants.mjs'
import { pageWithTables } from '../../../scripts/mutants/cluster-tables.mjs'
import { HISTORY } from '../src/index.ts'

const PAGE = new URL('../../../docs/simulator.md', import.meta.url)

describe('the simulated cluster', () => {
  it.for(HISTORY.map(({ name }) => name))('finds a fault that OpenWhisk had: %s', { timeout: 120_000 }, (name) => {
    const { seed, output } = bite(name)
    expect(seed, output.slice(-2_000)).toBeDefined()
  })

  it.for(CLUSTER_MUTANTS.map(({ name }) => name))('finds a change of our code: %s', { timeout: 120_000 }, (name) => {
    const { seed, output } = bite(name)
    expect(seed, output.slice(-2_000)).toBeDefined()
  })
})

describe('docs/simulator.md', () => {
  it('has each fault in a table, with the number of seeds within which it is found', async () => {
    const page = readFileSync(PAGE, 'utf8')
    expect(await pageWithTables(page, HISTORY), 'run: node scripts/mutants/cluster-tables.mjs').toBe(page)
    expect(HISTORY.map(({ name }) => name)).toEqual(Object.keys(HISTORY_SEEDS))
  })

  it('lists changes that are each in one place of our code', () => {
    for (const { name, file, find } of CLUSTER_MUTANTS) {
      const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
      expect(source.split(find).length - 1, name).toBe(1)
    }
    expect(CLUSTER_MUTANTS.length).toBeGreaterThanOrEqual(12)
  })
})
