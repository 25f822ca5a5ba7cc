import { PlatformError, type Attachment, type JsonObject, type StoredDocument } from '@stemcell/core'
import { withExactNumbers } from './exact-numbers.ts'

/**
 * CouchDB keeps ids that begin with `_` for itself, and has no empty id. No id of OpenWhisk is like that; such a one
 * gets a character in front that sorts where `_` does.
 */
const MARK = '`'

export function couchId(id: string): string {
  return id === '' || id.startsWith('_') || id.startsWith(MARK) ? MARK + id : id
}

/** Undefined for documents that are CouchDB's own. */
export function idOfCouchId(id: string): string | undefined {
  if (id.startsWith('_')) return undefined
  return id.startsWith(MARK) ? id.slice(MARK.length) : id
}

/** The document as it was given: what CouchDB adds begins with `_`. */
export function withoutCouchMembers(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(withExactNumbers(document)).filter(([name]) => !name.startsWith('_')))
}

/** @throws ERR_CORRUPT it has no revision. */
export function storedDocument(id: string, document: JsonObject): StoredDocument {
  const revision = document['_rev']
  if (typeof revision !== 'string') throw new PlatformError('ERR_CORRUPT', `document '${id}' has no revision`)
  return { id, revision, document: withoutCouchMembers(document) }
}

export interface DocumentWrite {
  readonly id: string
  /** The document as compact JSON. */
  readonly text: string
  readonly revision: string | undefined
  readonly attachments: Readonly<Record<string, Attachment>>
  /** `_attachments` members of the present revision that stay. */
  readonly kept: JsonObject
}

/** The body of a write: attachments travel in it, so that all of it is written or nothing. */
export function documentBody({ id, text, revision, attachments, kept }: DocumentWrite): string {
  const given = Object.entries(attachments).map(([name, { contentType, bytes }]) => [
    name,
    {
      content_type: contentType,
      data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
    },
  ])
  const all = { ...kept, ...(Object.fromEntries(given) as JsonObject) }
  const head = JSON.stringify({
    _id: couchId(id),
    ...(revision === undefined ? {} : { _rev: revision }),
    ...(Object.keys(all).length > 0 ? { _attachments: all } : {}),
  })
  return text === '{}' ? head : `${head.slice(0, -1)},${text.slice(1)}`
}
