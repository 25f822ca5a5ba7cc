import {
  KeyedLock,
  adapterContext,
  parseJson,
  isPlatformError,
  PlatformError,
  requirePage,
  stringifyJson,
  type AdapterContext,
  type AttachmentInfo,
  type DocumentStore,
  type DocumentStoreCapabilities,
  type IndexDefinition,
  type IndexQuery,
  type IndexRow,
  type JsonObject,
  type PutOptions,
  type Logger,
  type PutResult,
  type ScanOptions,
  type StoredDocument,
} from '@stemcell/core'
import type { Snapshot } from 'classic-level'
import { countAll } from './count-all.ts'
import { DatabaseSession } from './database-session.ts'
import { countedChange } from './document-change.ts'
import { readDocument, readHeader } from './document-record.ts'
import { documentKeys } from './document-keys.ts'
import {
  conflict,
  DOCUMENT_BOUNDS,
  readRowKey,
  requireSizes,
  Revisions,
  rowsOf,
  type DocumentWrite,
  type KeySpace,
} from '@stemcell/core/sorted-store'
import type { LevelDatabase } from './level-database.ts'
import { parseLevelOptions, type LevelStoresOptions } from './level-stores-options.ts'
import { countRows, readEntries, readMany, readRows } from './read-rows.ts'
import { openBytes, openText } from './sealed-value.ts'

const SCAN_PAGE = 100

export const DOCUMENT_CAPABILITIES: DocumentStoreCapabilities = {
  durable: true,
  ...DOCUMENT_BOUNDS,
}

export interface LevelDocumentStoreOptions extends LevelStoresOptions {
  /** Which documents: each has its own part of the database. */
  readonly documents: 'entities' | 'subjects'
  readonly indexes: readonly IndexDefinition[]
}

/** Documents, their attachments and index rows in one LevelDB database; every write is one atomic batch. */
export class LevelDocumentStore implements DocumentStore {
  readonly capabilities: DocumentStoreCapabilities = DOCUMENT_CAPABILITIES
  readonly #indexes: readonly IndexDefinition[]
  readonly #keys: KeySpace
  readonly #session: DatabaseSession
  readonly #writes = new KeyedLock()
  readonly #logger: Logger
  readonly #revisions: Revisions

  /** @throws ERR_CONFIG an option is wrong. */
  constructor(
    { documents, indexes, ...options }: LevelDocumentStoreOptions,
    context: AdapterContext = adapterContext(),
  ) {
    this.#indexes = indexes
    this.#logger = context.logger
    this.#keys = documentKeys(documents)
    this.#revisions = new Revisions(context.random)
    this.#session = new DatabaseSession(parseLevelOptions(options), context)
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  get(id: string): Promise<StoredDocument | undefined> {
    return this.#session.run(async ({ db, damage }) => {
      const key = this.#keys.document(id)
      const record = await db.get(key)
      damage.require(key, record, () => `'${id}'`)
      return record === undefined ? undefined : { id, ...readDocument(id, key, record) }
    })
  }

  put(
    id: string,
    document: JsonObject,
    { revision, attachments = {}, keepAttachments = [] }: PutOptions = {},
  ): Promise<PutResult> {
    return this.#session.run(async (database) => {
      const text = stringifyJson(document)
      requireSizes(text, attachments, this.capabilities)
      const write = { text, attachments, keepAttachments, rows: rowsOf(this.#indexes, id, document) }
      return this.#writes.run(id, () => this.#replace(database, id, write, revision))
    })
  }

  delete(id: string, revision: string): Promise<void> {
    return this.#session.run((database) =>
      this.#writes.run(id, async () => {
        const current = this.#header(database, id)
        if (!current || current.revision !== revision) throw conflict(id)
        await database.commits.commit(countedChange(this.#keys, id, current, undefined))
      }),
    )
  }

  readAttachment(id: string, name: string): Promise<Uint8Array | undefined> {
    return this.#session.run(async ({ db, damage }) => {
      const key = this.#keys.attachment(id, name)
      const what = (): string => `attachment '${name}' of '${id}'`
      const sealed = await db.get<string, Uint8Array>(key, { valueEncoding: 'view' })
      damage.require(key, sealed, what)
      return sealed && openBytes(key, sealed, what)
    })
  }

  attachments(id: string): Promise<readonly AttachmentInfo[]> {
    return this.#session.run(async (database) => {
      const attachments = this.#header(database, id)?.attachments ?? {}
      return Object.entries(attachments).map(([name, { contentType, length: bytes }]) => ({ name, contentType, bytes }))
    })
  }

  list(query: IndexQuery): Promise<readonly IndexRow[]> {
    return this.#session.run(async (database) => {
      const { db } = database
      requirePage(query)
      const prefix = this.#rowsUnder(query)
      const snapshot = db.snapshot()
      try {
        const rows = await this.#readable(
          database,
          snapshot,
          query,
          prefix,
          await readRows(db, snapshot, prefix, query),
        )
        if (!query.documents) return rows
        const documents = await this.#getMany(
          database,
          snapshot,
          rows.map(({ id }) => id),
        )
        return rows.map((row, index) => {
          const stored = documents[index]
          return stored ? { ...row, stored } : row
        })
      } finally {
        await snapshot.close()
      }
    })
  }

  count(query: Omit<IndexQuery, 'skip' | 'limit' | 'descending' | 'documents'>): Promise<number> {
    return this.#session.run(async (database) => {
      const prefix = this.#rowsUnder(query)
      return query.from === undefined && query.to === undefined
        ? countAll(database, this.#keys.rowCount(query.index, query.partition))
        : countRows(database.db, prefix, query)
    })
  }

  /** Reads page by page: a document written meanwhile may be seen or not. */
  async *scan({ after, prefix = '', unreadable }: ScanOptions = {}): AsyncGenerator<StoredDocument, void, undefined> {
    if (unreadable) await this.#tellDamage(unreadable)
    let last = after
    for (;;) {
      const page = await this.#scanPage(last, prefix)
      for (const [key, record] of page) {
        const id = this.#keys.idOfDocument(key)
        if (!id.startsWith(prefix)) return
        const stored = readOr(unreadable, id, () => ({ id, ...readDocument(id, key, record) }))
        if (stored) yield stored
        last = id
      }
      if (page.length < SCAN_PAGE) return
    }
  }

  /** What a damaged table held is not met on the way. */
  #tellDamage(unreadable: NonNullable<ScanOptions['unreadable']>): Promise<void> {
    return this.#session.run(({ damage }) => {
      for (const kind of ['documents', 'attachments'] as const) {
        for (const error of damage.within(this.#keys.all(kind))) unreadable(`(${kind})`, error)
      }
    })
  }

  #scanPage(after: string | undefined, prefix: string): Promise<[key: string, record: string][]> {
    return this.#session.run(async ({ db }) => {
      const all = this.#keys.all('documents')
      const start = this.#keys.document(prefix)
      const resume = after === undefined ? undefined : this.#keys.document(after)
      const from = resume !== undefined && resume >= start ? { gt: resume } : { gte: start }
      return readEntries(db, { ...from, lt: all.lt, limit: SCAN_PAGE })
    })
  }

  async #replace(
    database: LevelDatabase,
    id: string,
    write: Omit<DocumentWrite, 'revision'>,
    expected: string | undefined,
  ): Promise<PutResult> {
    const current = this.#header(database, id)
    if (current?.revision !== expected) throw conflict(id)
    const revision = this.#revisions.after(current?.revision)
    await database.commits.commit(countedChange(this.#keys, id, current, { ...write, revision }))
    return { revision }
  }

  /** Read at once: what a caller is about to replace it has read just before, so no disk is waited for. */
  #header({ db, damage }: LevelDatabase, id: string): ReturnType<typeof readHeader> | undefined {
    const key = this.#keys.document(id)
    const record = db.getSync(key)
    damage.require(key, record, () => `'${id}'`)
    return record === undefined ? undefined : readHeader(id, key, record)
  }

  #rowsUnder({ index, partition }: Pick<IndexQuery, 'index' | 'partition'>): string {
    if (!this.#indexes.some(({ name }) => name === index)) throw new TypeError(`there is no index '${index}'`)
    return this.#keys.rows(index, partition)
  }

  /** A row whose value is damaged is made anew from its document; left out when that is damaged as well. */
  async #readable(
    database: LevelDatabase,
    snapshot: Snapshot,
    { index, partition }: IndexQuery,
    prefix: string,
    rows: readonly (readonly [key: string, sealed: string])[],
  ): Promise<IndexRow[]> {
    const readable: IndexRow[] = []
    for (const [key, sealed] of rows) {
      const { id, order, place } = readRowKey(prefix, key)
      try {
        const value = parseJson(openText(key, sealed, () => `a row of index ${index} of '${id}'`))
        readable.push({ id, order, value })
      } catch (error) {
        this.#requireDamage(error, id, 'a row of an index is damaged')
        const [stored] = await this.#getMany(database, snapshot, [id])
        const found = stored && rowsOf(this.#indexes, id, stored.document)
        const row = found?.find((one) => one.index === index && one.partition === partition && one.place === place)
        if (row) readable.push({ id, order, value: parseJson(row.text) })
      }
    }
    return readable
  }

  /** Undefined for what cannot be read: one document never keeps the others from being listed. */
  async #getMany(
    { db, damage }: LevelDatabase,
    snapshot: Snapshot,
    ids: readonly string[],
  ): Promise<(StoredDocument | undefined)[]> {
    const keys = ids.map((id) => this.#keys.document(id))
    const records = await readMany(db, snapshot, keys)
    return ids.map((id, index) => {
      try {
        const record = records[index]
        damage.require(keys[index]!, record, () => `'${id}'`)
        if (record === undefined) throw new PlatformError('ERR_CORRUPT', `an index shows '${id}', which is not stored`)
        return { id, ...readDocument(id, keys[index]!, record) }
      } catch (error) {
        this.#requireDamage(error, id, 'a document cannot be listed')
        return undefined
      }
    })
  }

  #requireDamage(error: unknown, id: string, message: string): void {
    if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
    this.#logger.error({ err: error, id }, message)
  }
}

/** What `read` gives; where it cannot be read and somebody wants to know of that, they are told, and it is nothing. */
function readOr<T>(unreadable: ScanOptions['unreadable'], id: string, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!unreadable || !isPlatformError(error, 'ERR_CORRUPT')) throw error
    unreadable(id, error)
    return undefined
  }
}
