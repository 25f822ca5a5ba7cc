import { activationSummary, stringifyJson, type Activation } from '@stemcell/core'
import { activationRows, NO_SUMMARY, type KeySpace, type RowAddress } from '@stemcell/core/sorted-store'
import type { Operation } from './commit-queue.ts'
import { liveBytesKey } from './record-log/live-bytes.ts'
import { referenceText, type Reference } from './record-log/reference.ts'

/** Of a record that is no longer, listings read the record itself. */
const OWN_SUMMARY_LENGTH = 4096
/** Roughly what the rows of a record weigh. */
const ROWS_BYTES = 300

/**
 * What the database is to be told of a record that is in the log. It holds nothing of the activation itself: what lives
 * until a batch is written is copied by the garbage collector, more than once.
 */
export interface RecordWrite {
  readonly key: string
  readonly activationId: string
  readonly reference: Reference
  readonly rows: readonly RowAddress[]
  readonly rowText: string
  readonly bytes: number
}

/** All of it but where the record is. @throws TypeError the start of the activation is no moment. */
export function recordRows(activation: Activation, text: string): Pick<RecordWrite, 'rows' | 'rowText'> {
  const { start } = activation
  if (!Number.isSafeInteger(start) || start < 0)
    throw new TypeError(`the start of an activation is no moment: ${start}`)
  return { rows: activationRows(activation), rowText: rowText(activation, text) }
}

export function recordWrite(
  key: string,
  activationId: string,
  { rows, rowText: value }: Pick<RecordWrite, 'rows' | 'rowText'>,
  reference: Reference,
): RecordWrite {
  return { key, activationId, reference, rows, rowText: value, bytes: value.length + ROWS_BYTES }
}

/** What storing it writes, and what it adds to which numbers. */
export function addRecord(
  keys: KeySpace,
  { key, activationId, reference, rows, rowText: value }: RecordWrite,
  operations: Operation[],
  counts: Map<string, number>,
): void {
  const add = (count: string, delta: number): unknown => counts.set(count, (counts.get(count) ?? 0) + delta)
  operations.push({ type: 'put', key, value: referenceText(reference) })
  add(liveBytesKey(reference.segment), reference.bytes)
  for (const row of rows) {
    operations.push({ type: 'put', key: keys.row(activationId, row), value })
    add(keys.rowCount(row.index, row.partition), 1)
  }
}

/** The value of the rows of a record: its summary, or nothing where the record itself is as quickly read. */
export function rowText(activation: Activation, text: string): string {
  return text.length <= OWN_SUMMARY_LENGTH ? NO_SUMMARY : stringifyJson(activationSummary(activation))
}
