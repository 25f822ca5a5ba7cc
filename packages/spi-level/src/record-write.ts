import { activationSummary, stringifyJson, type Activation } from '@stemcell/core'
import { activationRows, type KeySpace } from '@stemcell/core/sorted-store'
import type { Operation } from './commit-queue.ts'

/** Of a record that is no longer, listings read the record itself. */
const OWN_SUMMARY_LENGTH = 4096
/** Roughly what the rows of a record weigh. */
const ROWS_BYTES = 300

/** A record that is to be stored. */
export interface RecordWrite {
  readonly key: string
  readonly activation: Activation
  readonly text: string
  readonly bytes: number
}

/** @throws TypeError the start of the activation is no moment. */
export function recordWrite(key: string, activation: Activation, text: string): RecordWrite {
  const { start } = activation
  if (!Number.isSafeInteger(start) || start < 0)
    throw new TypeError(`the start of an activation is no moment: ${start}`)
  return { key, activation, text, bytes: text.length + ROWS_BYTES }
}

/** What storing it writes, and to which numbers it adds one. */
export function addRecord(
  keys: KeySpace,
  { key, activation, text }: RecordWrite,
  operations: Operation[],
  counts: Map<string, number>,
): void {
  operations.push({ type: 'put', key, value: text })
  const value = rowText(activation, text)
  for (const row of activationRows(activation)) {
    operations.push({ type: 'put', key: keys.row(activation.activationId, row), value })
    const count = keys.rowCount(row.index, row.partition)
    counts.set(count, (counts.get(count) ?? 0) + 1)
  }
}

/** The value of the rows of a record: its summary, or nothing where the record itself is as quickly read. */
export function rowText(activation: Activation, text: string): string {
  return text.length <= OWN_SUMMARY_LENGTH ? '' : stringifyJson(activationSummary(activation))
}
