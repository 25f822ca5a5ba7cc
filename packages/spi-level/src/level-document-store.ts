import {
  adapterContext,
  parseJson,
  PlatformError,
  requirePage,
  stringifyJson,
  type AdapterContext,
  type Attachment,
  type AttachmentInfo,
  type DocumentStore,
  type DocumentStoreCapabilities,
  type IndexDefinition,
  type IndexQuery,
  type IndexRow,
  type JsonObject,
  type PutOptions,
  type PutResult,
  type StoredDocument,
} from '@stemcell/core'
import type { Snapshot } from 'classic-level'
import { readCount } from './commit-queue.ts'
import { DatabaseSession } from './database-session.ts'
import { changeOf, type DocumentWrite, type NewRow } from './document-change.ts'
import { readDocument, readHeader } from './document-record.ts'
import { KeySpace, readRowKey } from './key-space.ts'
import { KeyedLock } from './keyed-lock.ts'
import type { LevelDatabase } from './level-database.ts'
import { parseLevelOptions, type LevelStoresOptions } from './level-stores-options.ts'
import { countRows, readRows } from './read-rows.ts'

const MB = 1024 ** 2
const SCAN_PAGE = 100

export const DOCUMENT_CAPABILITIES: DocumentStoreCapabilities = {
  durable: true,
  maxDocumentBytes: 8 * MB,
  maxAttachmentBytes: 50 * MB,
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
  readonly #revisionSeed: string
  #revisions = 0

  /** @throws ERR_CONFIG an option is wrong. */
  constructor(
    { documents, indexes, ...options }: LevelDocumentStoreOptions,
    context: AdapterContext = adapterContext(),
  ) {
    this.#indexes = indexes
    this.#keys = documentKeys(documents)
    this.#revisionSeed = Buffer.from(context.random.bytes(8)).toString('hex')
    this.#session = new DatabaseSession(parseLevelOptions(options), context)
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  get(id: string): Promise<StoredDocument | undefined> {
    return this.#session.run(async ({ db }) => {
      const record = await db.get(this.#keys.document(id))
      return record === undefined ? undefined : { id, ...readDocument(id, record) }
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
      const write = { id, text, attachments, keepAttachments, rows: rowsOf(this.#indexes, id, document) }
      return this.#writes.run(id, () => this.#replace(database, write, revision))
    })
  }

  delete(id: string, revision: string): Promise<void> {
    return this.#session.run((database) =>
      this.#writes.run(id, async () => {
        const current = this.#header(database, id)
        if (!current || current.revision !== revision) throw conflict(id)
        await database.commits.commit(changeOf(this.#keys, id, current, undefined))
      }),
    )
  }

  readAttachment(id: string, name: string): Promise<Uint8Array | undefined> {
    return this.#session.run(({ db }) =>
      db.get<string, Uint8Array>(this.#keys.attachment(id, name), { valueEncoding: 'view' }),
    )
  }

  attachments(id: string): Promise<readonly AttachmentInfo[]> {
    return this.#session.run(async (database) => {
      const attachments = this.#header(database, id)?.attachments ?? {}
      return Object.entries(attachments).map(([name, { contentType, length: bytes }]) => ({ name, contentType, bytes }))
    })
  }

  list(query: IndexQuery): Promise<readonly IndexRow[]> {
    return this.#session.run(async ({ db }) => {
      requirePage(query)
      const prefix = this.#rowsUnder(query)
      const snapshot = db.snapshot()
      try {
        const rows = (await readRows(db, snapshot, prefix, query)).map(([key, value]) => ({
          ...readRowKey(prefix, key),
          value: parseJson(value),
        }))
        if (!query.documents) return rows
        const documents = await this.#getMany(
          db,
          snapshot,
          rows.map(({ id }) => id),
        )
        return rows.map((row, index) => ({ ...row, stored: documents[index]! }))
      } finally {
        await snapshot.close()
      }
    })
  }

  count(query: Omit<IndexQuery, 'skip' | 'limit' | 'descending' | 'documents'>): Promise<number> {
    return this.#session.run(async ({ db }) => {
      const prefix = this.#rowsUnder(query)
      return query.from === undefined && query.to === undefined
        ? readCount(await db.get(this.#keys.rowCount(query.index, query.partition)))
        : countRows(db, prefix, query)
    })
  }

  /** Reads page by page: a document written meanwhile may be seen or not. */
  async *scan({ after, prefix = '' }: { readonly after?: string; readonly prefix?: string } = {}): AsyncGenerator<
    StoredDocument,
    void,
    undefined
  > {
    let last = after
    for (;;) {
      const page = await this.#scanPage(last, prefix)
      for (const stored of page) {
        if (!stored.id.startsWith(prefix)) return
        yield stored
      }
      if (page.length < SCAN_PAGE) return
      last = page.at(-1)!.id
    }
  }

  #scanPage(after: string | undefined, prefix: string): Promise<StoredDocument[]> {
    return this.#session.run(async ({ db }) => {
      const all = this.#keys.all('documents')
      const start = this.#keys.document(prefix)
      const resume = after === undefined ? undefined : this.#keys.document(after)
      const from = resume !== undefined && resume >= start ? { gt: resume } : { gte: start }
      const records = await db.iterator({ ...from, lt: all.lt, limit: SCAN_PAGE }).all()
      return records.map(([key, record]) => {
        const id = this.#keys.idOfDocument(key)
        return { id, ...readDocument(id, record) }
      })
    })
  }

  async #replace(
    database: LevelDatabase,
    write: Omit<DocumentWrite, 'revision'>,
    expected: string | undefined,
  ): Promise<PutResult> {
    const { id } = write
    const current = this.#header(database, id)
    if (current?.revision !== expected) throw conflict(id)
    const revision = this.#nextRevision(current?.revision)
    await database.commits.commit(changeOf(this.#keys, id, current, { ...write, revision }))
    return { revision }
  }

  /** Read at once: what a caller is about to replace it has read just before, so no disk is waited for. */
  #header({ db }: LevelDatabase, id: string): ReturnType<typeof readHeader> | undefined {
    const record = db.getSync(this.#keys.document(id))
    return record === undefined ? undefined : readHeader(id, record)
  }

  /** Never the same twice, as a digest would be: a document deleted and made again must not accept its old revisions. */
  #nextRevision(current: string | undefined): string {
    const generation = current === undefined ? 1 : Number.parseInt(current, 10) + 1
    return `${generation}-${this.#revisionSeed}${(this.#revisions++).toString(16).padStart(16, '0')}`
  }

  #rowsUnder({ index, partition }: Pick<IndexQuery, 'index' | 'partition'>): string {
    if (!this.#indexes.some(({ name }) => name === index)) throw new TypeError(`there is no index '${index}'`)
    return this.#keys.rows(index, partition)
  }

  async #getMany(db: LevelDatabase['db'], snapshot: Snapshot, ids: readonly string[]): Promise<StoredDocument[]> {
    const records = await db.getMany<string, string>(
      ids.map((id) => this.#keys.document(id)),
      { snapshot },
    )
    return ids.map((id, index) => {
      const record = records[index]
      if (record === undefined) throw new PlatformError('ERR_CORRUPT', `an index shows '${id}', which is not stored`)
      return { id, ...readDocument(id, record) }
    })
  }
}

export function documentKeys(documents: LevelDocumentStoreOptions['documents']): KeySpace {
  return new KeySpace(documents === 'entities' ? 'e' : 's')
}

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

function requireSizes(
  text: string,
  attachments: Readonly<Record<string, Attachment>>,
  { maxDocumentBytes, maxAttachmentBytes }: DocumentStoreCapabilities,
): void {
  if (Buffer.byteLength(text) > maxDocumentBytes) {
    throw new PlatformError('ERR_TOO_LARGE', `document is larger than ${maxDocumentBytes} bytes`)
  }
  for (const [name, { bytes }] of Object.entries(attachments)) {
    if (bytes.byteLength > maxAttachmentBytes) {
      throw new PlatformError('ERR_TOO_LARGE', `attachment '${name}' is larger than ${maxAttachmentBytes} bytes`)
    }
  }
}

function conflict(id: string): PlatformError {
  return new PlatformError('ERR_CONFLICT', `'${id}' has another revision`)
}
