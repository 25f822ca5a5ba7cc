import assert from 'node:assert/strict'
import { isPlatformError, type ErrorCode } from '@stemcell/core'
import type { CaseHooks } from '../kit/case-hooks.ts'
import type { ConformanceOptions } from '../kit/case-suite.ts'

/** What the kits of the stores take beside the usual options. */
export interface StoreConformanceOptions<S> extends ConformanceOptions<S>, CaseHooks<S> {
  /**
   * Returns a new, unopened store on the data of `closed`. Needed where `capabilities.durable`: it shows that the data
   * live in the backend and not in the object.
   */
  readonly reopen?: (closed: S) => S | Promise<S>
}

/** Rejects unless `action` fails with exactly this code; accepts a synchronous throw and a rejection alike. */
export async function refuses(code: ErrorCode, action: () => unknown): Promise<void> {
  await assert.rejects(
    async () => {
      await action()
    },
    (error) => {
      assert.ok(isPlatformError(error), `expected ${code}, got ${String(error)}`)
      assert.equal(error.code, code)
      return true
    },
  )
}

/** Rejects unless `action` fails with a TypeError. */
export async function refusesArgument(action: () => unknown): Promise<void> {
  await assert.rejects(
    async () => {
      await action()
    },
    (error) => {
      assert.ok(error instanceof TypeError, `expected a TypeError, got ${String(error)}`)
      return true
    },
  )
}

/** How many of the attempts succeeded; the others must have failed with `code`. */
export async function winners(code: ErrorCode, attempts: readonly Promise<unknown>[]): Promise<number> {
  let won = 0
  for (const outcome of await Promise.allSettled(attempts)) {
    if (outcome.status === 'fulfilled') won++
    else assert.ok(isPlatformError(outcome.reason, code), `expected ${code}, got ${String(outcome.reason)}`)
  }
  return won
}

/** Text of exactly `bytes` UTF-8 bytes, of which half as many characters: catches who counts characters. */
export function textOfBytes(bytes: number): string {
  return 'é'.repeat(Math.floor(bytes / 2)) + 'e'.repeat(bytes % 2)
}

/** JSON whose numbers JavaScript would write otherwise, beside some that it would not. */
export const EXACT_NUMBERS =
  '{"numbers":[9007199254740993,-0,2.0,1.10,1E400,-1e-400,1e+21,0.1234567890123456789,7,0.5],"0/~":1.0}'
/**
 * Names that some rules of comparison take for one, or for two at most: with an invisible character, an é of one or of
 * two characters, another case.
 */
export function alikeNames(base: string): readonly string[] {
  return [
    base,
    `${base}\u200d`,
    `\u00ad${base}`,
    `${base}\u00e9`,
    `${base}e\u0301`,
    `${base}E\u0301`,
    base.toUpperCase(),
  ]
}
