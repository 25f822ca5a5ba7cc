import { activationFilterName, activationSummary, stringifyJson, type Activation } from '@stemcell/core'
import { namePartition, NO_SUMMARY, rowsIn, type KeySpace } from '@stemcell/core/sorted-store'
import type { Operation } from './commit-queue.ts'
import { liveBytesKey } from './record-log/live-bytes.ts'
import { referenceText, type Reference } from './record-log/reference.ts'

/** Of a record that is no longer, listings read the record itself. */
const OWN_SUMMARY_LENGTH = 4096
/** Roughly what the rows of a record weigh. */
const ROWS_BYTES = 300

/**
 * What the database is to be told of a record that is in the log, where it refers to. It holds nothing of the activation
 * itself and is one object: what lives until a batch is written is copied by the garbage collector, more than once.
 */
export interface RecordWrite extends Reference {
  readonly key: string
  /** See `hashOfKey`. */
  readonly hash: number
  readonly activationId: string
  readonly namespace: string
  /** That of the index by name. */
  readonly byName: string
  readonly start: number
  readonly rowText: string
}

/** What of it is known before the record is in the log. @throws TypeError the start of the activation is no moment. */
export type RecordRows = Pick<RecordWrite, 'activationId' | 'namespace' | 'byName' | 'start' | 'rowText'>

/** @throws TypeError the start of the activation is no moment. */
export function recordRows(activation: Activation, text: string): RecordRows {
  const { start, namespace, activationId } = activation
  if (!Number.isSafeInteger(start) || start < 0)
    throw new TypeError(`the start of an activation is no moment: ${start}`)
  const byName = partitionOf(namespace, activationFilterName(activation))
  return { activationId, namespace, byName, start, rowText: rowText(activation, text) }
}

export function recordWrite(key: string, hash: number, rows: RecordRows, reference: Reference): RecordWrite {
  const { activationId, namespace, byName, start, rowText: value } = rows
  const { segment, at, bytes } = reference
  return { key, hash, activationId, namespace, byName, start, rowText: value, segment, at, bytes }
}

/** Roughly what it weighs, and what is written for it. */
export function weightOf({ rowText: value }: RecordWrite): number {
  return value.length + ROWS_BYTES
}

/** What storing it writes, and what it adds to which numbers. */
export function addRecord(
  keys: KeySpace,
  write: RecordWrite,
  operations: Operation[],
  counts: Map<string, number>,
): void {
  const { key, activationId, namespace, byName, start, rowText: value } = write
  const add = (count: string, delta: number): unknown => counts.set(count, (counts.get(count) ?? 0) + delta)
  operations.push({ type: 'put', key, value: referenceText(write) })
  add(liveBytesKey(write.segment), write.bytes)
  for (const row of rowsIn(namespace, byName, start)) {
    operations.push({ type: 'put', key: keys.row(activationId, row), value })
    add(keys.rowCount(row.index, row.partition), 1)
  }
}

/** The value of the rows of a record: its summary, or nothing where the record itself is as quickly read. */
export function rowText(activation: Activation, text: string): string {
  return text.length <= OWN_SUMMARY_LENGTH ? NO_SUMMARY : stringifyJson(activationSummary(activation))
}

/** The last one that was asked for: as the same object it is soon compared. */
let last = { namespace: '', name: '', partition: namePartition('', '') }

function partitionOf(namespace: string, name: string): string {
  if (last.namespace !== namespace || last.name !== name) {
    last = { namespace, name, partition: namePartition(namespace, name) }
  }
  return last.partition
}
