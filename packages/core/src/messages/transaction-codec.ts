import { numberOf, type JsonValue } from '../model/json.ts'
import type { Transaction } from '../model/transaction.ts'

/** `[id, start]`, with a third element only when extra logging is on. */
export function transactionJson({ id, start, extraLogging }: Transaction): JsonValue {
  return extraLogging ? [id, start, true] : [id, start]
}

/** Any shape but the known ones reads as the unknown transaction, as OpenWhisk does. */
export function readTransaction(json: JsonValue | undefined): Transaction {
  if (Array.isArray(json)) {
    const [id, second, third] = json
    const start = numberOf(second)
    if (typeof id === 'string' && start !== undefined) {
      return third === true ? { id, start, extraLogging: true } : { id, start }
    }
  }
  return { id: 'sid_unknown', start: 0 }
}
