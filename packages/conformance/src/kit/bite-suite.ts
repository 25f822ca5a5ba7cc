import assert from 'node:assert/strict'
import { RunningContext } from './case-context.ts'
import type { CaseHooks } from './case-hooks.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { ConformanceSuite } from './conformance-suite.ts'

/** By case id, a function that makes a subject which breaks just this promise. */
export type BrokenDoubles<S> = Readonly<Record<string, () => S | Promise<S>>>

/**
 * Proves a kit: for every case there is a double that breaks just that promise, and the case fails on it. An id without
 * a double fails, as does a double for an id that no case has. `hooks` are what the doubles offer to cases with `needs`.
 */
export function biteSuite<S extends object>(
  spi: string,
  cases: readonly ConformanceCase<S>[],
  doubles: BrokenDoubles<S>,
  hooks: CaseHooks<S> = {},
): ConformanceSuite {
  const proofs = cases.flatMap(({ id, run }) => {
    const double = doubles[id]
    return double ? [{ name: `${id} fails on its broken double`, run: () => fails(run, double, hooks) }] : []
  })
  const pairs = {
    name: 'has a broken double for every case and no other',
    run: async () => {
      assert.deepEqual(Object.keys(doubles).sort(), cases.map(({ id }) => id).sort())
      return undefined
    },
  }
  return { name: `${spi} conformance kit`, tests: [pairs, ...proofs] }
}

async function fails<S extends object>(
  run: ConformanceCase<S>['run'],
  double: () => S | Promise<S>,
  hooks: CaseHooks<S>,
): Promise<undefined> {
  const subject: S & { open?(): Promise<void>; close?(): Promise<void> } = await double()
  const context = new RunningContext(subject, { patienceMs: 500, ...hooks })
  await subject.open?.()
  await assert.rejects(run(subject, context), 'the case accepts a subject that breaks its promise')
  await context.end()
  await subject.close?.()
}
