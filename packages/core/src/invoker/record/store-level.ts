import type { ActivationMessage } from '../../messages/activation-message.ts'
import type { StatusCode } from '../../model/activation.ts'

/** Which activations leave a record: all, those that did not succeed, or those that failed other than by their own word. */
export type StoreLevel = 'always' | 'failures' | 'failures-not-application-errors'

export interface StoreLevels {
  readonly blocking: StoreLevel
  readonly nonBlocking: StoreLevel
}

/** Whether the record is stored: a namespace may refuse all, a caller who asked for extra logging overrides the level. */
export function isStored(message: ActivationMessage, statusCode: StatusCode, levels: StoreLevels): boolean {
  if (message.user.limits.storeActivations === false) return false
  if (message.transaction.extraLogging) return true
  switch (message.blocking ? levels.blocking : levels.nonBlocking) {
    case 'always':
      return true
    case 'failures':
      return statusCode !== 0
    case 'failures-not-application-errors':
      return statusCode > 1
  }
}
