import type { JsonValue } from '../model/json.ts'
import type { Transaction } from '../model/transaction.ts'

/** `[id, start]`, then `true` only when extra logging is on, then the parent only when there is one. */
export function transactionJson({ id, start, extraLogging, parent }: Transaction): JsonValue {
  const json: JsonValue[] = [id, start]
  if (extraLogging) json.push(true)
  if (parent) json.push(transactionJson(parent))
  return json
}

/** Any shape but the known ones reads as the unknown transaction, as OpenWhisk does. */
export function readTransaction(json: JsonValue | undefined): Transaction {
  if (Array.isArray(json)) {
    const [id, start, third, fourth] = json
    const parent = Array.isArray(third) ? third : fourth
    if (typeof id === 'string' && typeof start === 'number') {
      return {
        id,
        start,
        ...(third === true ? { extraLogging: true } : {}),
        ...(Array.isArray(parent) ? { parent: readTransaction(parent) } : {}),
      }
    }
  }
  return { id: 'sid_unknown', start: 0 }
}
