import { activationSummary, stringifyJson, type Activation } from '@stemcell/core'
import { activationRows, type KeySpace } from '@stemcell/core/sorted-store'
import type { Operation } from './commit-queue.ts'

/** What storing a record writes. */
export interface RecordWrite {
  readonly key: string
  readonly text: string
  readonly operations: readonly Operation[]
  /** Keys of the numbers that grow by one. */
  readonly counts: readonly string[]
  readonly bytes: number
}

/** @throws TypeError the start of the activation is no moment. */
export function recordWrite(keys: KeySpace, key: string, activation: Activation, text: string): RecordWrite {
  const value = stringifyJson(activationSummary(activation))
  const rows = activationRows(activation)
  const operations: Operation[] = [{ type: 'put', key, value: text }]
  for (const row of rows) operations.push({ type: 'put', key: keys.row(activation.activationId, row), value })
  const counts = rows.map(({ index, partition }) => keys.rowCount(index, partition))
  return { key, text, operations, counts, bytes: text.length + 2 * value.length }
}
