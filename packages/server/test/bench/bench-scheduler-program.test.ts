import type { SchedulerBenchResult } from '@stemcell/conformance'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { benchSchedulerProgram } from '../../src/bench/bench-scheduler-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-schedulers-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function run(...args: readonly string[]): Promise<{ output: string; error: string }> {
  const printed: string[] = []
  const program = benchSchedulerProgram({ print: (line) => void printed.push(line), begin: () => undefined })
  try {
    await program.exitOverride().parseAsync([...args, '--invocations', '3000'], { from: 'user' })
    return { output: printed.join('\n'), error: '' }
  } catch (error) {
    return { output: printed.join('\n'), error: error instanceof Error ? error.message : String(error) }
  }
}

async function figures(...args: readonly string[]): Promise<readonly SchedulerBenchResult[]> {
  const { results } = JSON.parse((await run(...args, '--json')).output) as { results: SchedulerBenchResult[] }
  return results.map(({ figures: { placementsPerSecond, ...rest }, ...result }) => {
    expect(placementsPerSecond).toBeGreaterThan(0)
    return { ...result, figures: { ...rest, placementsPerSecond: 0 } }
  })
}

const WARM_FIRST = `export default class {
  name = 'warm-first'
  usesHistory = true
  place(request, cluster) {
    let best
    for (const { id, freeMemoryMb } of cluster.invokers) {
      if (!cluster.fits(id, request)) continue
      const score = (cluster.history(id, request)?.warmSlots ?? 0) > 0 ? 1e9 : freeMemoryMb
      if (!best || score > best.score) best = { id, score }
    }
    return best ? { invoker: best.id } : 'wait'
  }
}`

describe('stemcell bench-scheduler', () => {
  it('shows each workload with the balancers that are built in', async () => {
    const { output } = await run()
    expect(output.match(/^\w+: .+$/gm)).toHaveLength(4)
    expect(output.match(/^(?:sharding|least-loaded) .+ %.+ ms/gm)).toHaveLength(8)
  })

  it('gives the same figures for the same seed, and others for another', async () => {
    const first = await figures('--seed', '7')
    expect(await figures('--seed', '7')).toEqual(first)
    expect(await figures('--seed', '8')).not.toEqual(first)
  })

  it('finds out that a balancer which knows where its containers are has fewer cold starts', async () => {
    const results = await figures(file('warm.mjs', WARM_FIRST), '--workload', 'uniform', 'skewed')
    for (const workload of ['uniform', 'skewed']) {
      const [own, ...builtIn] = results.filter((result) => result.workload === workload)
      expect(own!.balancer).toBe('warm-first')
      for (const other of builtIn) {
        expect(own!.figures.coldStarts).toBeLessThan(other.figures.coldStarts)
        expect(own!.figures.locality).toBeGreaterThan(other.figures.locality)
      }
    }
  })

  it('accounts for every invocation', async () => {
    const crowded = await figures('--workload', 'bursty', '--invokers', '2', '--memory', '1024')
    for (const { figures: found } of crowded) expect(found.waited).toBeGreaterThan(0)
    const lazy = file('lazy.mjs', `export default { name: 'lazy', place: () => 'wait' }`)
    const [never] = await figures(lazy, '--workload', 'small')
    expect(never!.figures).toMatchObject({ rejected: 3000, waited: 3000, coldStarts: 0 })
  })

  it('takes adapters and functions, too', async () => {
    const adapter = `{ name: 'x', core: '*', build: () => ({ name: 'built', place: () => ({ reject: 'no' }) }) }`
    for (const text of [`export default ${adapter}`, `export default () => (${adapter})`]) {
      const [own] = await figures(file('adapter.mjs', text), '--workload', 'uniform')
      expect(own).toMatchObject({ balancer: 'built', figures: { rejected: 3000 } })
    }
    const module = `export default { provides: { loadBalancer: { create: ({ name }) => ({ build: () => ({ name, place: () => 'wait' }) }) } } }`
    const [own] = await figures(file('module.mjs', module), '--options', '{"name": "told"}', '--workload', 'uniform')
    expect(own!.balancer).toBe('told')
  })

  it('says what a balancer answers that cannot be carried out', async () => {
    const wild = file('wild.mjs', `export default { name: 'wild', place: () => ({ invoker: 99 }) }`)
    const { output, error } = await run(wild, '--workload', 'uniform')
    expect(output).toContain('wild')
    expect(error).toMatch(
      /wild on uniform: 3000 answers cannot be carried out, the first: it chose invoker 99, which is/,
    )
  })

  it('says what is wrong with a file or a workload', async () => {
    expect((await run(file('no.mjs', 'export default 7'))).error).toMatch(/exports no load balancer; export default an/)
    expect((await run(file('half.mjs', 'export default {'))).error).toMatch(/half\.mjs cannot be loaded/)
    expect((await run('--workload', 'sunday')).error).toMatch(/no workload sunday; there are uniform, skewed/)
  })
})
