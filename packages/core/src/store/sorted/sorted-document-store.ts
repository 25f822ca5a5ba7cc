import { adapterContext, type AdapterContext } from '../../adapter.ts'
import { isPlatformError, PlatformError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { JsonObject } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { parseJson } from '../../model/parse-json.ts'
import type {
  Attachment,
  AttachmentInfo,
  DocumentStore,
  DocumentStoreCapabilities,
  IndexDefinition,
  IndexQuery,
  IndexRow,
  PutOptions,
  PutResult,
  ScanOptions,
  StoredDocument,
} from '../document-store.ts'
import { requirePage } from '../require-page.ts'
import { BackendSession } from './backend-session.ts'
import { DOCUMENT_BOUNDS } from './bounds.ts'
import { conflict, requireSizes } from './document-bounds.ts'
import { changeOf, rowsOf } from './document-change.ts'
import { readDocument, readHeader, type DocumentHeader } from './document-record.ts'
import { behind, KeySpace, readRowKey, rowBounds } from './key-space.ts'
import { Revisions } from './revisions.ts'
import type { KeyRange, SortedBackend, SortedValue } from './sorted-backend.ts'

const SCAN_PAGE = 100

/** What a {@link SortedDocumentStore} is made of. */
export interface SortedDocumentStoreOptions {
  readonly backend: SortedBackend
  /** One letter: what the keys of this store begin with, unlike those of any other on the same data. */
  readonly letter: string
  readonly indexes: readonly IndexDefinition[]
}

/**
 * Documents, their attachments and index rows in a sorted backend; every write is one batch. Rows and documents of a
 * listing are read one after the other: a document that is deleted in between is not listed.
 */
export class SortedDocumentStore implements DocumentStore {
  readonly capabilities: DocumentStoreCapabilities
  readonly #indexes: readonly IndexDefinition[]
  readonly #keys: KeySpace
  readonly #session: BackendSession
  readonly #revisions: Revisions
  readonly #logger: Logger

  constructor({ backend, letter, indexes }: SortedDocumentStoreOptions, context: AdapterContext = adapterContext()) {
    this.capabilities = { durable: backend.durable, ...DOCUMENT_BOUNDS }
    this.#indexes = indexes
    this.#keys = new KeySpace(letter)
    this.#session = new BackendSession(backend)
    this.#revisions = new Revisions(context.random)
    this.#logger = context.logger
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  get(id: string): Promise<StoredDocument | undefined> {
    return this.#session.run(() => this.#stored(id))
  }

  put(
    id: string,
    document: JsonObject,
    { revision: expected, attachments = {}, keepAttachments = [] }: PutOptions = {},
  ): Promise<PutResult> {
    return this.#session.run(async () => {
      const text = stringifyJson(document)
      requireSizes(text, attachments, this.capabilities)
      const write = {
        text,
        attachments: copied(attachments),
        keepAttachments,
        rows: rowsOf(this.#indexes, id, document),
      }
      const [record, current] = await this.#current(id)
      if (current?.revision !== expected) throw conflict(id)
      const revision = this.#revisions.after(expected)
      await this.#replace(id, record, changeOf(this.#keys, id, current, { ...write, revision }))
      return { revision }
    })
  }

  delete(id: string, revision: string): Promise<void> {
    return this.#session.run(async () => {
      const [record, current] = await this.#current(id)
      if (current?.revision !== revision) throw conflict(id)
      await this.#replace(id, record, changeOf(this.#keys, id, current, undefined))
    })
  }

  readAttachment(id: string, name: string): Promise<Uint8Array | undefined> {
    return this.#session.run(async () => {
      const bytes = await this.#session.get(this.#keys.attachment(id, name))
      if (typeof bytes === 'string')
        throw new PlatformError('ERR_CORRUPT', `attachment '${name}' of '${id}' is no bytes`)
      return bytes
    })
  }

  attachments(id: string): Promise<readonly AttachmentInfo[]> {
    return this.#session.run(async () => {
      const [, current] = await this.#current(id)
      return Object.entries(current?.attachments ?? {}).map(([name, { contentType, length: bytes }]) => ({
        name,
        contentType,
        bytes,
      }))
    })
  }

  list(query: IndexQuery): Promise<readonly IndexRow[]> {
    return this.#session.run(async () => {
      requirePage(query)
      const { descending: reverse = false, skip = 0, limit = Number.MAX_SAFE_INTEGER, documents = false } = query
      const bounds = this.#boundsOf(query)
      if (!bounds || limit === 0) return []
      const prefix = this.#keys.rows(query.index, query.partition)
      const rows: IndexRow[] = []
      for (const [key, value] of await this.#session.range({ ...bounds, reverse, skip, limit })) {
        const row = await this.#row(query, readRowKey(prefix, key), value, documents)
        if (row) rows.push(row)
      }
      return rows
    })
  }

  count(query: Omit<IndexQuery, 'skip' | 'limit' | 'descending' | 'documents'>): Promise<number> {
    return this.#session.run(async () => {
      const bounds = this.#boundsOf(query)
      return bounds ? this.#session.count(bounds) : 0
    })
  }

  /** Reads page by page: a document written meanwhile may be seen or not. */
  async *scan({ after, prefix = '', unreadable }: ScanOptions = {}): AsyncGenerator<StoredDocument, void, undefined> {
    const { lt } = this.#keys.all('documents')
    let gte = this.#keys.document(prefix)
    if (after !== undefined && this.#keys.document(after) >= gte) gte = behind(this.#keys.document(after))
    for (;;) {
      const page = await this.#session.run(() => this.#session.range({ gte, lt, limit: SCAN_PAGE }))
      for (const [key, record] of page) {
        const id = this.#keys.idOfDocument(key)
        if (!id.startsWith(prefix)) return
        const stored = readable(
          () => ({ id, ...readDocument(id, textOf(id, record)) }),
          unreadable && ((error) => unreadable(id, error)),
        )
        if (stored) yield stored
        gte = behind(key)
      }
      if (page.length < SCAN_PAGE) return
    }
  }

  async #stored(id: string): Promise<StoredDocument | undefined> {
    const record = await this.#session.get(this.#keys.document(id))
    return record === undefined ? undefined : { id, ...readDocument(id, textOf(id, record)) }
  }

  async #current(id: string): Promise<[record: string | undefined, header: DocumentHeader | undefined]> {
    const value = await this.#session.get(this.#keys.document(id))
    if (value === undefined) return [undefined, undefined]
    const record = textOf(id, value)
    return [record, readHeader(id, record)]
  }

  /** Unless the record has been replaced since: then it has another revision than the caller knows. */
  async #replace(id: string, value: string | undefined, operations: ReturnType<typeof changeOf>): Promise<void> {
    const conditions = [{ key: this.#keys.document(id), value }]
    if (!(await this.#session.batch({ conditions, operations }))) throw conflict(id)
  }

  /** A row whose value cannot be read is made anew from its document; left out when that cannot be read as well. */
  async #row(
    { index, partition }: IndexQuery,
    { id, order, place }: ReturnType<typeof readRowKey>,
    value: SortedValue,
    documents: boolean,
  ): Promise<IndexRow | undefined> {
    const read = readable(
      () => ({ id, order, value: parsed(id, value) }),
      (error) => this.#tell(id, error),
    )
    if (read && !documents) return read
    const found = await this.#listed(id)
    if (found === 'gone') return undefined
    if (found === 'unreadable') return read
    if (read) return { ...read, stored: found }
    const made = rowsOf(this.#indexes, id, found.document).find(
      (row) => row.index === index && row.partition === partition && row.place === place,
    )
    return made && { id, order, value: parseJson(made.text), ...(documents ? { stored: found } : {}) }
  }

  async #listed(id: string): Promise<StoredDocument | 'gone' | 'unreadable'> {
    try {
      return (await this.#stored(id)) ?? 'gone'
    } catch (error) {
      if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
      this.#tell(id, error)
      return 'unreadable'
    }
  }

  #tell(id: string, err: PlatformError): void {
    this.#logger.error({ err, id }, 'a document cannot be listed')
  }

  #boundsOf({ index, partition, from, to }: IndexQuery): KeyRange | undefined {
    if (!this.#indexes.some(({ name }) => name === index)) throw new TypeError(`there is no index '${index}'`)
    return rowBounds(this.#keys.rows(index, partition), { from, to })
  }
}

/** What `read` gives; where it cannot be read and somebody wants to know of that, they are told, and it is nothing. */
function readable<T>(read: () => T, unreadable: ((error: PlatformError) => void) | undefined): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!unreadable || !isPlatformError(error, 'ERR_CORRUPT')) throw error
    unreadable(error)
    return undefined
  }
}

function textOf(id: string, value: SortedValue): string {
  if (typeof value === 'string') return value
  throw new PlatformError('ERR_CORRUPT', `what is stored as '${id}' is no text`)
}

function parsed(id: string, value: SortedValue): ReturnType<typeof parseJson> {
  try {
    return parseJson(textOf(id, value))
  } catch (error) {
    throw new PlatformError('ERR_CORRUPT', `a row of '${id}' cannot be read`, { cause: error })
  }
}

/** The caller may reuse its buffers. */
function copied(attachments: Readonly<Record<string, Attachment>>): Record<string, Attachment> {
  return Object.fromEntries(
    Object.entries(attachments).map(([name, { contentType, bytes }]) => [
      name,
      { contentType, bytes: new Uint8Array(bytes) },
    ]),
  )
}
