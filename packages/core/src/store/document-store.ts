export type { Attachment } from '../model/attachment.ts'
import type { Attachment } from '../model/attachment.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import type { PlatformError } from '../errors.ts'
import type { Lifecycle } from '../lifecycle.ts'

/**
 * What entity and subject stores have in common: JSON documents under an id, with revisions against lost updates,
 * indexes declared by core as data, and attachments for what is too large to be read with the document.
 *
 * Documents have OpenWhisk's shape without `_id`, `_rev` and `_attachments`, which an adapter adds where its backend
 * wants them. Reads see every write that this process was told is done; an index is never older than that either.
 *
 * Numbers are returned as they were written: `stringifyJson` and `parseJson` of core keep them, while `JSON.stringify`
 * and `JSON.parse` make doubles of them. Rows of an index may show the nearest doubles.
 */
export interface DocumentStore extends Lifecycle {
  readonly capabilities: DocumentStoreCapabilities

  /**
   * The current document, or undefined when there is none.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_CORRUPT     something is stored under the id that cannot be read.
   * @throws ERR_UNAVAILABLE the backend did not answer.
   */
  get(id: string): Promise<StoredDocument | undefined>

  /**
   * Writes the document, its attachments and its index rows as one: after a crash either all or nothing is there.
   * Without `revision` the id must not exist; with it, it must be the current one. Attachments not named in
   * `attachments` are kept when named in `keepAttachments` and dropped otherwise.
   * Resolves with the new revision once the write survives the death of this process.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_CONFLICT    the id exists (no revision given), or its revision is another, or it was deleted.
   * @throws ERR_TOO_LARGE   document or attachment above the capabilities' bounds; nothing was written.
   * @throws ERR_UNAVAILABLE outcome unknown.
   */
  put(id: string, document: JsonObject, options?: PutOptions): Promise<PutResult>

  /**
   * Removes the document, its attachments and its index rows.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_CONFLICT    the revision is not the current one, or the document is gone.
   * @throws ERR_UNAVAILABLE outcome unknown.
   */
  delete(id: string, revision: string): Promise<void>

  /**
   * An attachment of the current document; undefined when document or attachment is gone.
   * @throws ERR_CORRUPT it is there, and is not what was written.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  readAttachment(id: string, name: string): Promise<Uint8Array | undefined>

  /**
   * What attachments the current document has, in no particular order; none when the document is gone.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  attachments(id: string): Promise<readonly AttachmentInfo[]>

  /**
   * Rows of one index under one partition, ordered by `order` and, where equal, by id. What cannot be read never keeps
   * the others from being listed: a row whose document cannot be read is without it, one of which nothing can be read is
   * left out, and the log has a word of either.
   * @throws TypeError       unknown index; `skip` or `limit` negative or not an integer.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE
   */
  list(query: IndexQuery): Promise<readonly IndexRow[]>

  /** How many rows `list` would return without `skip` and `limit`. @throws TypeError unknown index. */
  count(query: Omit<IndexQuery, 'skip' | 'limit' | 'descending' | 'documents'>): Promise<number>

  /**
   * Every document in order of its id, for export and administration; `after` resumes behind an id. One that cannot be
   * read is told to `unreadable` and left out; where that is not given, it ends the scan.
   * @throws ERR_CLOSED, ERR_UNAVAILABLE, ERR_CORRUPT from the iteration.
   */
  scan(options?: ScanOptions): AsyncIterable<StoredDocument>
}

/** What a store of documents promises beyond its methods. */
export interface DocumentStoreCapabilities {
  /** Documents survive the death of this process, at the latest once `put` resolved. */
  readonly durable: boolean
  /** Largest document as compact JSON, bytes. */
  readonly maxDocumentBytes: number
  readonly maxAttachmentBytes: number
}

/** A document as it is stored, with the revision that a write must name. */
export interface StoredDocument {
  readonly id: string
  /** Opaque; changes on every write. */
  readonly revision: string
  readonly document: JsonObject
}

/** What a write replaces, and what stays of the attachments. */
export interface PutOptions {
  readonly revision?: string
  readonly attachments?: Readonly<Record<string, Attachment>>
  readonly keepAttachments?: readonly string[]
}

/** An attachment without its bytes. */
export interface AttachmentInfo {
  readonly name: string
  readonly contentType: string
  /** Its length. */
  readonly bytes: number
}

/** Which documents a scan sees. */
export interface ScanOptions {
  readonly after?: string
  readonly prefix?: string
  /** Called with what is ERR_CORRUPT. */
  readonly unreadable?: (id: string, error: PlatformError) => void
}

/** What a write led to. */
export interface PutResult {
  readonly revision: string
}

/**
 * An index, declared as data plus a mapping. The adapter calls `map` on each write and keeps the rows its own way.
 * `map` must be pure; it returns no row for documents that the index does not hold.
 */
export interface IndexDefinition {
  readonly name: string
  readonly map: (id: string, document: JsonObject) => readonly IndexEntry[]
}

/** A row that `IndexDefinition.map` makes of a document. */
export interface IndexEntry {
  /** Rows are queried within one partition, compared as exact text. */
  readonly partition: string
  /** A non-negative integer up to 2^53-1, e.g. epoch ms. */
  readonly order: number
  /** What a listing shows without reading the document. */
  readonly value: JsonValue
}

/** Which rows of an index are wanted. */
export interface IndexQuery {
  readonly index: string
  readonly partition: string
  /** Inclusive lower bound of `order`. */
  readonly from?: number
  /** Inclusive upper bound of `order`. */
  readonly to?: number
  /** The whole order reversed, rows of equal `order` included. */
  readonly descending?: boolean
  readonly skip?: number
  /** Undefined for all; 0 for none. */
  readonly limit?: number
  /** Also read the documents. */
  readonly documents?: boolean
}

/** A row of a listing. */
export interface IndexRow {
  readonly id: string
  readonly order: number
  readonly value: JsonValue
  /** Present when `documents` was asked for and the document can be read. */
  readonly stored?: StoredDocument
}
