import {
  adapterContext,
  parseJson,
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
import { conflict, requireSizes } from '@stemcell/core/sorted-store'
import { ConnectionSession } from '../connection/connection-session.ts'
import { listOf, textOf, type Argument, type Reply } from '../connection/lua-script.ts'
import type { RedisConnectionSettings } from '../redis-options.ts'
import { DELETE_DOCUMENT, LIST_ATTACHMENTS, LIST_ROWS, PUT_DOCUMENT, SCAN_DOCUMENTS } from './document-scripts.ts'
import {
  DocumentKeys,
  escape,
  indexName,
  readOr,
  readStored,
  requireObject,
  requireOrder,
  rowMember,
  scoreBounds,
  unescape,
} from './store-keys.ts'

const MB = 1024 ** 2
const SCAN_PAGE = 100

export const DOCUMENT_CAPABILITIES: DocumentStoreCapabilities = {
  durable: true,
  maxDocumentBytes: 8 * MB,
  maxAttachmentBytes: 50 * MB,
}

interface Row {
  readonly index: string
  readonly partition: string
  readonly order: number
  readonly place: number
  readonly text: string
}

/** Documents, their attachments and index rows in Redis; every write is one script. */
export class RedisDocumentStore implements DocumentStore {
  readonly capabilities: DocumentStoreCapabilities = DOCUMENT_CAPABILITIES
  readonly #indexes: readonly IndexDefinition[]
  readonly #keys: DocumentKeys
  readonly #session: ConnectionSession
  readonly #logger: Logger
  readonly #revisionSeed: string
  #revisions = 0

  constructor(
    documents: 'entities' | 'subjects',
    indexes: readonly IndexDefinition[],
    settings: RedisConnectionSettings,
    context: AdapterContext = adapterContext(),
  ) {
    this.#indexes = indexes
    this.#logger = context.logger
    this.#keys = new DocumentKeys(settings.keyPrefix, documents)
    this.#session = new ConnectionSession(`the store of ${documents} on Redis`, settings, 'stores', context)
    this.#revisionSeed = Buffer.from(context.random.bytes(8)).toString('hex')
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  async get(id: string): Promise<StoredDocument | undefined> {
    const [revision, document] = await this.#session.run((redis) => redis.hmget(this.#keys.document(id), 'r', 'd'))
    return readDocument(id, revision ?? null, document ?? null)
  }

  async put(
    id: string,
    document: JsonObject,
    { revision, attachments = {}, keepAttachments = [] }: PutOptions = {},
  ): Promise<PutResult> {
    // No document has an empty revision: in the script it stands for "must not exist".
    if (revision === '') throw conflict(id)
    const text = stringifyJson(document)
    requireSizes(text, attachments, this.capabilities)
    const next = `${this.#revisionSeed}-${(++this.#revisions).toString(36)}`
    const rows = this.#rowsOf(id, document)
    const removal = rows.map((row) => [indexName(row.index, row.partition), rowMember(id, row.place)])
    const kept = keepAttachments.filter((name) => !Object.hasOwn(attachments, name)).map(escape)
    const args: Argument[] = [revision ?? '', next, text, JSON.stringify(removal), this.#keys.indexes, escape(id)]
    args.push(kept.length, ...kept, rows.length)
    for (const row of rows) {
      args.push(indexName(row.index, row.partition), row.order, rowMember(id, row.place))
      args.push(`v:${row.index}:${row.place}`, row.text)
    }
    for (const [name, { contentType, bytes }] of Object.entries(attachments)) {
      args.push(escape(name), contentType, Buffer.from(bytes))
    }
    const keys = [this.#keys.document(id), this.#keys.ids]
    const written = await this.#session.run((redis) => PUT_DOCUMENT.run(redis, keys, args))
    if (written === 0) throw conflict(id)
    return { revision: next }
  }

  async delete(id: string, revision: string): Promise<void> {
    const keys = [this.#keys.document(id), this.#keys.ids]
    const args = [revision, escape(id), this.#keys.indexes]
    const removed = await this.#session.run((redis) => DELETE_DOCUMENT.run(redis, keys, args))
    if (removed === 0) throw conflict(id)
  }

  async readAttachment(id: string, name: string): Promise<Uint8Array | undefined> {
    const key = this.#keys.document(id)
    const bytes = await this.#session.run((redis) => redis.hgetBuffer(key, `a:${escape(name)}`))
    return bytes ?? undefined
  }

  async attachments(id: string): Promise<readonly AttachmentInfo[]> {
    const keys = [this.#keys.document(id)]
    const rows = listOf(await this.#session.run((redis) => LIST_ATTACHMENTS.run(redis, keys, [])))
    return rows.map((row) => {
      const [name, contentType, bytes] = listOf(row)
      return { name: unescape(textOf(name)), contentType: textOf(contentType), bytes: Number(bytes) }
    })
  }

  async list(query: IndexQuery): Promise<readonly IndexRow[]> {
    const { connection } = this.#session
    requirePage(query)
    const key = this.#index(query)
    const bounds = scoreBounds(query.from, query.to)
    if (!bounds) return []
    const page = [query.descending ? '1' : '0', query.skip ?? 0, query.limit ?? -1]
    const args = [...bounds, ...page, query.index, this.#keys.documents, query.documents ? '1' : '0']
    const reply = await this.#session.during(() => connection.run((redis) => LIST_ROWS.run(redis, [key], args)))
    return listOf(reply).flatMap((row) => this.#readRow(row, query.documents === true) ?? [])
  }

  async count(query: Omit<IndexQuery, 'skip' | 'limit' | 'descending' | 'documents'>): Promise<number> {
    const { connection } = this.#session
    const key = this.#index(query)
    const bounds = scoreBounds(query.from, query.to)
    return bounds ? this.#session.during(() => connection.run((redis) => redis.zcount(key, ...bounds))) : 0
  }

  /** Reads page by page: a document written meanwhile may be seen or not. */
  async *scan({ after, prefix = '', unreadable }: ScanOptions = {}): AsyncGenerator<StoredDocument, void, undefined> {
    const start = escape(prefix)
    let from = after !== undefined && after >= prefix ? `(${escape(after)}` : `[${start}`
    for (;;) {
      const keys = [this.#keys.ids]
      const args = [Buffer.from(from), start === '' ? '+' : beyond(start), SCAN_PAGE, this.#keys.documents]
      const page = listOf(await this.#session.run((redis) => SCAN_DOCUMENTS.run(redis, keys, args)))
      for (const row of page) {
        const [member, revision, document] = listOf(row)
        const id = unescape(textOf(member))
        const read = (): StoredDocument | undefined => readDocument(id, revision ?? null, document ?? null)
        const stored = unreadable ? readOr((error) => unreadable(id, error), read) : read()
        if (stored) yield stored
        from = `(${textOf(member)}`
      }
      if (page.length < SCAN_PAGE) return
    }
  }

  #index({ index, partition }: Pick<IndexQuery, 'index' | 'partition'>): string {
    if (!this.#indexes.some(({ name }) => name === index)) throw new TypeError(`there is no index '${index}'`)
    return this.#keys.index(index, partition)
  }

  /** Undefined when the row cannot be read; without its document when that cannot. */
  #readRow(reply: Reply, documents: boolean): IndexRow | undefined {
    const [idReply, order, value, revision, document] = listOf(reply)
    const id = unescape(textOf(idReply))
    const leaveOut = (error: PlatformError): void =>
      this.#logger.error({ err: error, id }, 'an unreadable document is left out of a listing')
    return readOr(leaveOut, () => {
      const row = {
        id,
        order: Number(textOf(order)),
        value: readStored(`index row of '${id}'`, () => parseJson(textOf(value))),
      }
      const read = (): StoredDocument | undefined => readDocument(id, revision ?? null, document ?? null)
      const stored = documents ? readOr(leaveOut, read) : undefined
      return stored ? { ...row, stored } : row
    })
  }

  #rowsOf(id: string, document: JsonObject): Row[] {
    return this.#indexes.flatMap(({ name: index, map }) =>
      map(id, document).map(({ partition, order, value }, place) => ({
        index,
        partition,
        order: requireOrder(order),
        place,
        text: stringifyJson(value),
      })),
    )
  }
}

/** The upper bound of all that begins with `prefix`: no byte of UTF-8 is 255. */
function beyond(prefix: string): Buffer {
  return Buffer.concat([Buffer.from(`(${prefix}`), Buffer.from([0xff])])
}

function readDocument(id: string, revision: Reply | string, text: Reply | string): StoredDocument | undefined {
  if (revision === null && text === null) return undefined
  const document = readStored(`'${id}'`, () => requireObject(parseJson(text === null ? '' : String(text))))
  return { id, revision: String(revision), document }
}
