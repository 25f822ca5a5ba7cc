import type { Attachment } from '@stemcell/core'
import type { Change, Operation } from './commit-queue.ts'
import { documentRecord, type AttachmentHeader, type DocumentHeader } from './document-record.ts'
import type { KeySpace, RowAddress } from './key-space.ts'
import { sealBytes } from './sealed-value.ts'

export interface NewRow extends RowAddress {
  /** The value, as JSON. */
  readonly text: string
}

export interface DocumentWrite {
  readonly id: string
  readonly revision: string
  /** The document, as JSON. */
  readonly text: string
  readonly attachments: Readonly<Record<string, Attachment>>
  readonly keepAttachments: readonly string[]
  readonly rows: readonly NewRow[]
}

/** All that must be written to get from what is stored to `write`, or to nothing. */
export function changeOf(
  keys: KeySpace,
  id: string,
  current: DocumentHeader | undefined,
  write: DocumentWrite | undefined,
): Change {
  const operations: Operation[] = []
  const counts: [string, number][] = []
  let bytes = 0

  const newRows = new Map(write?.rows.map((row) => [keys.row(id, row), row]))
  for (const row of current?.rows ?? []) {
    const key = keys.row(id, row)
    if (!newRows.has(key)) operations.push({ type: 'del', key })
    counts.push([keys.rowCount(row.index, row.partition), -1])
  }
  for (const [key, { index, partition, text }] of newRows) {
    operations.push({ type: 'put', key, value: text })
    counts.push([keys.rowCount(index, partition), 1])
    bytes += key.length + text.length
  }

  const attachments = write ? attachmentsAfter(current, write) : {}
  for (const name of Object.keys(current?.attachments ?? {})) {
    if (!Object.hasOwn(attachments, name)) operations.push({ type: 'del', key: keys.attachment(id, name) })
  }
  for (const [name, attachment] of Object.entries(write?.attachments ?? {})) {
    const key = keys.attachment(id, name)
    // A copy: the caller may reuse its buffer while this waits for its turn.
    const value = sealBytes(key, attachment.bytes)
    operations.push({ type: 'put', key, value })
    bytes += value.length
  }

  const key = keys.document(id)
  if (write) {
    const value = documentRecord({ revision: write.revision, attachments, rows: write.rows }, write.text)
    operations.push({ type: 'put', key, value })
    bytes += key.length + value.length
  } else {
    operations.push({ type: 'del', key })
  }
  return { operations, counts, bytes, lasting: true }
}

function attachmentsAfter(
  current: DocumentHeader | undefined,
  { attachments, keepAttachments }: DocumentWrite,
): Record<string, AttachmentHeader> {
  const kept = Object.entries(current?.attachments ?? {}).filter(([name]) => keepAttachments.includes(name))
  const given = Object.entries(attachments).map(([name, { contentType, bytes }]): [string, AttachmentHeader] => [
    name,
    { contentType, length: bytes.byteLength },
  ])
  return Object.fromEntries([...kept, ...given])
}
