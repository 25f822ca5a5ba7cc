import { PlatformError } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../model/json.ts'
import { parseJson } from '../../model/parse-json.ts'
import type { RowAddress } from './key-space.ts'

/** What stands before a document: enough to replace or remove all that belongs to it. */
export interface DocumentHeader {
  readonly revision: string
  readonly attachments: Readonly<Record<string, AttachmentHeader>>
  readonly rows: readonly RowAddress[]
}

/** What the record of a document says of an attachment. */
export interface AttachmentHeader {
  readonly contentType: string
  readonly length: number
}

type RowTuple = readonly [index: string, partition: string, order: number, place: number]

/** JSON text never holds a raw tab, so one can stand between the parts. */
const SEPARATOR = '\t'

/** `<revision>⇥<attachments and rows>⇥<document>`: reading a document does not parse its header. */
export function documentRecord({ revision, attachments, rows }: DocumentHeader, documentText: string): string {
  const tuples = rows.map(({ index, partition, order, place }): RowTuple => [index, partition, order, place])
  return [revision, JSON.stringify([attachments, tuples]), documentText].join(SEPARATOR)
}

/** @throws ERR_CORRUPT `record` is none that `documentRecord` made. */
export function readDocument(id: string, record: string): { readonly revision: string; readonly document: JsonObject } {
  return parsing(id, () => {
    const [headerStart, documentStart] = separators(id, record)
    const document = parseJson(record.slice(documentStart))
    if (!isJsonObject(document)) throw new TypeError('what is stored is JSON, and no object')
    return { revision: record.slice(0, headerStart - 1), document }
  })
}

/** @throws ERR_CORRUPT `record` is none that `documentRecord` made. */
export function readHeader(id: string, record: string): DocumentHeader {
  return parsing(id, () => {
    const [headerStart, documentStart] = separators(id, record)
    const header = JSON.parse(record.slice(headerStart, documentStart - 1)) as [
      Readonly<Record<string, AttachmentHeader>>,
      readonly RowTuple[],
    ]
    const rows = header[1].map(([index, partition, order, place]) => ({ index, partition, order, place }))
    return { revision: record.slice(0, headerStart - 1), attachments: header[0], rows }
  })
}

function separators(id: string, record: string): [number, number] {
  const headerStart = record.indexOf(SEPARATOR) + 1
  const documentStart = record.indexOf(SEPARATOR, headerStart) + 1
  if (headerStart === 0 || documentStart === 0) throw corrupt(id)
  return [headerStart, documentStart]
}

function parsing<T>(id: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw corrupt(id, error)
  }
}

function corrupt(id: string, cause?: unknown): PlatformError {
  return new PlatformError('ERR_CORRUPT', `what is stored as '${id}' cannot be read`, { cause })
}
