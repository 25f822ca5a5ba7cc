import type { StatusCode } from './activation.ts'
import type { NamespaceLimits } from './namespace-limits.ts'
import type { Transaction } from './transaction.ts'

/** Which activations leave a record: all, those that did not succeed, or those that failed other than by their own word. */
export type StoreLevel = 'always' | 'failures' | 'failures-not-application-errors'

/** Which records are stored, of blocking and of other invocations. */
export interface StoreLevels {
  readonly blocking: StoreLevel
  readonly nonBlocking: StoreLevel
}

export const STORE_ALL: StoreLevels = { blocking: 'always', nonBlocking: 'always' }

/** What decides about the record of an invocation, besides how it ended. */
export interface Recorded {
  readonly user: { readonly limits: NamespaceLimits }
  readonly transaction: Transaction
  readonly blocking: boolean
}

/** Whether the record is stored: a namespace may refuse all, a caller who asked for extra logging overrides the level. */
export function isStored(invocation: Recorded, statusCode: StatusCode, levels: StoreLevels): boolean {
  if (invocation.user.limits.storeActivations === false) return false
  if (invocation.transaction.extraLogging) return true
  switch (invocation.blocking ? levels.blocking : levels.nonBlocking) {
    case 'always':
      return true
    case 'failures':
      return statusCode !== 0
    case 'failures-not-application-errors':
      return statusCode > 1
  }
}
