import { adapterContext, type AdapterContext } from '../../adapter.ts'
import { isPlatformError, PlatformError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
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
import { BackendSession, type BackendReads } from './backend-session.ts'
import { DOCUMENT_BOUNDS } from './bounds.ts'
import { conflict, requireSizes } from './document-bounds.ts'
import { changeOf, rowsOf } from './document-change.ts'
import { readDocument, readHeader, type DocumentHeader } from './document-record.ts'
import { behind, KeySpace, readRowKey, rowBounds } from './key-space.ts'
import { readable } from './readable.ts'
import { Revisions } from './revisions.ts'
import type { FoundValue, KeyRange, SortedBackend, SortedEntry } from './sorted-backend.ts'

const SCAN_PAGE = 100

interface ReadRow {
  readonly id: string
  readonly order: number
  readonly place: number
  /** Undefined when it cannot be read. */
  readonly value: JsonValue | undefined
}

/** What a {@link SortedDocumentStore} is made of. */
export interface SortedDocumentStoreOptions {
  readonly backend: SortedBackend
  /** One letter: what the keys of this store begin with, unlike those of any other on the same data. */
  readonly letter: string
  readonly indexes: readonly IndexDefinition[]
}

/**
 * Documents, their attachments and index rows in a sorted backend; every write is one batch. A listing is one view of
 * the backend; where that has none, a document that is deleted after its row was read is not listed.
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
    return this.#session.run(async () => {
      const record = await this.#session.get(this.#keys.document(id))
      return record === undefined ? undefined : storedDocument(id, record)
    })
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
      // What must not be there yet need not be read: the batch finds out.
      const [record, current] = expected === undefined ? [] : await this.#current(id)
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
      const { descending: reverse = false, skip = 0, limit = Number.MAX_SAFE_INTEGER } = query
      const bounds = this.#boundsOf(query)
      if (!bounds || limit === 0) return []
      return this.#session.view(async (reads) =>
        this.#rows(reads, query, await reads.range({ ...bounds, reverse, skip, limit })),
      )
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
    if (unreadable) await this.#tellDamage(unreadable)
    const { lt } = this.#keys.all('documents')
    let gte = this.#keys.document(prefix)
    if (after !== undefined && this.#keys.document(after) >= gte) gte = behind(this.#keys.document(after))
    for (;;) {
      const page = await this.#session.run(() => this.#session.range({ gte, lt, limit: SCAN_PAGE }))
      for (const [key, record] of page) {
        const id = this.#keys.idOfDocument(key)
        if (!id.startsWith(prefix)) return
        const read = (): StoredDocument => storedDocument(id, record)
        const stored = unreadable ? readable(read, (error) => unreadable(id, error)) : read()
        if (stored) yield stored
        gte = behind(key)
      }
      if (page.length < SCAN_PAGE) return
    }
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
  async #rows(
    reads: BackendReads,
    { index, partition, documents = false }: IndexQuery,
    entries: readonly SortedEntry[],
  ): Promise<IndexRow[]> {
    const prefix = this.#keys.rows(index, partition)
    const read: ReadRow[] = []
    const wanted: string[] = []
    for (const [key, found] of entries) {
      const { id, order, place } = readRowKey(prefix, key)
      const value = this.#listed(id, () => parsed(id, found))
      read.push({ id, order, place, value })
      if (documents || value === undefined) wanted.push(id)
    }
    const stored = wanted.length === 0 ? new Map<string, undefined>() : await this.#documentsOf(reads, wanted)
    const rows: IndexRow[] = []
    for (const { id, order, place, value = this.#made(index, partition, place, stored.get(id)) } of read) {
      const document = documents ? stored.get(id) : undefined
      if (value === undefined || (documents && !stored.has(id))) continue
      rows.push(document ? { id, order, value, stored: document } : { id, order, value })
    }
    return rows
  }

  /** The value of a row as its document has it. */
  #made(index: string, partition: string, place: number, stored: StoredDocument | undefined): JsonValue | undefined {
    const rows = stored && rowsOf(this.#indexes, stored.id, stored.document)
    const row = rows?.find((one) => one.index === index && one.partition === partition && one.place === place)
    return row && parseJson(row.text)
  }

  /** Those that are there; undefined for what cannot be read. */
  async #documentsOf(
    reads: BackendReads,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, StoredDocument | undefined>> {
    const found = await reads.getMany(ids.map((id) => this.#keys.document(id)))
    const stored = new Map<string, StoredDocument | undefined>()
    for (const [place, id] of ids.entries()) {
      const record = found[place]
      if (record !== undefined)
        stored.set(
          id,
          this.#listed(id, () => storedDocument(id, record)),
        )
    }
    return stored
  }

  /** Undefined, and a word in the log, for what cannot be read: one document never keeps the others from being listed. */
  #listed<T>(id: string, read: () => T): T | undefined {
    return readable(read, (err) => this.#logger.error({ err, id }, 'a document cannot be listed'))
  }

  /** What was in a damaged part is not met on the way. */
  #tellDamage(unreadable: NonNullable<ScanOptions['unreadable']>): Promise<void> {
    return this.#session.run(async () => {
      for (const kind of ['documents', 'attachments'] as const) {
        for (const error of await this.#session.damagedParts(this.#keys.all(kind))) unreadable(`(${kind})`, error)
      }
    })
  }

  #boundsOf({ index, partition, from, to }: IndexQuery): KeyRange | undefined {
    if (!this.#indexes.some(({ name }) => name === index)) throw new TypeError(`there is no index '${index}'`)
    return rowBounds(this.#keys.rows(index, partition), { from, to })
  }
}

function storedDocument(id: string, record: FoundValue): StoredDocument {
  return { id, ...readDocument(id, textOf(id, record)) }
}

/** @throws ERR_CORRUPT it is damaged, or bytes. */
function textOf(id: string, value: FoundValue): string {
  if (typeof value === 'string') return value
  if (isPlatformError(value)) throw value
  throw new PlatformError('ERR_CORRUPT', `what is stored as '${id}' is no text`)
}

function parsed(id: string, value: FoundValue): JsonValue {
  const text = textOf(id, value)
  try {
    return parseJson(text)
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
