import { describe, expect, it } from 'vitest'
import { randomBytes } from 'node:crypto'
import type { ConformanceCase } from './conformance-case.ts'

/**
 * Proves a kit: for every case there is a double that breaks just that promise, and the case fails on it.
 * `doubles` maps each case id to a function that makes the broken subject; an id without one fails, as does a double
 * for an id that no case has.
 */
export function proveKitBites<S extends object>(
  spi: string,
  cases: readonly ConformanceCase<S>[],
  doubles: Readonly<Record<string, () => S | Promise<S>>>,
): void {
  describe(`${spi} conformance kit`, () => {
    it('has a broken double for every case and no other', () => {
      expect(Object.keys(doubles).sort()).toEqual(cases.map(({ id }) => id).sort())
    })

    it.each(cases.filter(({ id }) => doubles[id]))('$id fails on its broken double', async ({ id, run }) => {
      const subject: S & { open?(): Promise<void>; close?(): Promise<void> } = await doubles[id]!()
      await subject.open?.()
      const outcome = run(subject, { uniqueName: `t-${randomBytes(8).toString('hex')}`, patienceMs: 500 })
      await expect(outcome, 'the case accepts a subject that breaks its promise').rejects.toThrow()
      await subject.close?.()
    })
  })
}
