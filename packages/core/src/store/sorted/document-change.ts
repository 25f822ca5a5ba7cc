import type { Attachment } from '../../model/attachment.ts'
import type { JsonObject } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import type { IndexDefinition } from '../document-store.ts'
import { documentRecord, type AttachmentHeader, type DocumentHeader } from './document-record.ts'
import type { KeySpace, RowAddress } from './key-space.ts'
import type { SortedOperation } from './sorted-backend.ts'

/** A row that is to be written. */
export interface NewRow extends RowAddress {
  /** The value, as JSON. */
  readonly text: string
}

/** A document that is to be written, with all that belongs to it. */
export interface DocumentWrite {
  readonly revision: string
  /** The document, as JSON. */
  readonly text: string
  readonly attachments: Readonly<Record<string, Attachment>>
  readonly keepAttachments: readonly string[]
  readonly rows: readonly NewRow[]
}

/** The rows of a document in all indexes. */
export function rowsOf(indexes: readonly IndexDefinition[], id: string, document: JsonObject): NewRow[] {
  return indexes.flatMap(({ name: index, map }) =>
    map(id, document).map(({ partition, order, value }, place) => ({
      index,
      partition,
      order,
      place,
      text: stringifyJson(value),
    })),
  )
}

/** All that must be written to get from what is stored to `write`, or to nothing. */
export function changeOf(
  keys: KeySpace,
  id: string,
  current: DocumentHeader | undefined,
  write: DocumentWrite | undefined,
): SortedOperation[] {
  const operations: SortedOperation[] = []
  const newRows = new Map(write?.rows.map((row) => [keys.row(id, row), row.text]))
  for (const row of current?.rows ?? []) {
    const key = keys.row(id, row)
    if (!newRows.has(key)) operations.push({ type: 'del', key })
  }
  for (const [key, value] of newRows) operations.push({ type: 'put', key, value })

  const attachments = write ? attachmentsAfter(current, write) : {}
  for (const name of Object.keys(current?.attachments ?? {})) {
    if (!Object.hasOwn(attachments, name)) operations.push({ type: 'del', key: keys.attachment(id, name) })
  }
  for (const [name, { bytes }] of Object.entries(write?.attachments ?? {})) {
    operations.push({ type: 'put', key: keys.attachment(id, name), value: bytes })
  }

  const key = keys.document(id)
  operations.push(
    write
      ? {
          type: 'put',
          key,
          value: documentRecord({ revision: write.revision, attachments, rows: write.rows }, write.text),
        }
      : { type: 'del', key },
  )
  return operations
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
