import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ConformanceCase } from './conformance-case.ts'
import type { ConformanceSuite } from './conformance-suite.ts'

/** By case id, a function that makes a subject which breaks just this promise. */
export type BrokenDoubles<S> = Readonly<Record<string, () => S | Promise<S>>>

/**
 * Proves a kit: for every case there is a double that breaks just that promise, and the case fails on it. An id without
 * a double fails, as does a double for an id that no case has.
 */
export function biteSuite<S extends object>(
  spi: string,
  cases: readonly ConformanceCase<S>[],
  doubles: BrokenDoubles<S>,
): ConformanceSuite {
  const proofs = cases.flatMap(({ id, run }) => {
    const double = doubles[id]
    return double ? [{ name: `${id} fails on its broken double`, run: () => fails(run, double) }] : []
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
): Promise<undefined> {
  const subject: S & { open?(): Promise<void>; close?(): Promise<void> } = await double()
  await subject.open?.()
  const outcome = run(subject, { uniqueName: `t-${randomBytes(8).toString('hex')}`, patienceMs: 500 })
  await assert.rejects(outcome, 'the case accepts a subject that breaks its promise')
  await subject.close?.()
}
