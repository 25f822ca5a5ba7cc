import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MUTANT_SETS } from '../scripts/mutants/mutants.mjs'
import { mutated } from '../scripts/mutants/mutated.mjs'

const root = resolve(import.meta.dirname, '..')

describe('the mutants of the conformance kits', () => {
  it.each(MUTANT_SETS.map((set) => [set.kit, set] as const))('change what is there: %s', (_, { test, mutants }) => {
    expect(existsSync(resolve(root, test))).toBe(true)
    for (const mutant of mutants) {
      const source = readFileSync(resolve(root, mutant.file), 'utf8')
      expect(mutated(source, mutant)).not.toBe(source)
    }
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })

  it('are refused where their place is not there exactly once', () => {
    const mutant = { name: 'x', file: 'a.ts', find: 'one', replace: 'two' }
    expect(() => mutated('nothing here', mutant)).toThrow("mutant 'x': what it changes is in a.ts 0 times, not once")
    expect(() => mutated('one and one', mutant)).toThrow('2 times, not once')
    expect(mutated('just one', mutant)).toBe('just two')
  })
})
