import { activationSummary, stringifyJson, type Activation } from '@stemcell/core'
import { activationRows, NO_SUMMARY, type KeySpace, type RowAddress } from '@stemcell/core/sorted-store'
import type { Operation } from './commit-queue.ts'
import { sealUtf8, sealedContent } from './sealed-value.ts'

/** Of a record that is no longer, listings read the record itself. */
const OWN_SUMMARY_LENGTH = 4096
/** Roughly what the rows of a record weigh. */
const ROWS_BYTES = 300

/**
 * A record that is to be stored. It holds what is written and nothing of the activation itself: what lives until a batch
 * is written is copied by the garbage collector, more than once.
 */
export interface RecordWrite {
  readonly key: string
  readonly activationId: string
  /** As the database holds it. */
  readonly sealed: Buffer
  readonly rows: readonly RowAddress[]
  readonly rowText: string
  readonly bytes: number
}

/** @throws TypeError the start of the activation is no moment. */
export function recordWrite(key: string, activation: Activation, text: string): RecordWrite {
  const { start, activationId } = activation
  if (!Number.isSafeInteger(start) || start < 0)
    throw new TypeError(`the start of an activation is no moment: ${start}`)
  return {
    key,
    activationId,
    sealed: sealUtf8(key, text),
    rows: activationRows(activation),
    rowText: rowText(activation, text),
    bytes: text.length + ROWS_BYTES,
  }
}

/** The record as UTF-8. */
export function recordUtf8({ sealed }: RecordWrite): Buffer {
  return sealedContent(sealed)
}

/** What storing it writes, and to which numbers it adds one. */
export function addRecord(
  keys: KeySpace,
  { key, activationId, sealed, rows, rowText: value }: RecordWrite,
  operations: Operation[],
  counts: Map<string, number>,
): void {
  operations.push({ type: 'put', key, value: sealed })
  for (const row of rows) {
    operations.push({ type: 'put', key: keys.row(activationId, row), value })
    const count = keys.rowCount(row.index, row.partition)
    counts.set(count, (counts.get(count) ?? 0) + 1)
  }
}

/** The value of the rows of a record: its summary, or nothing where the record itself is as quickly read. */
export function rowText(activation: Activation, text: string): string {
  return text.length <= OWN_SUMMARY_LENGTH ? NO_SUMMARY : stringifyJson(activationSummary(activation))
}
