import { PlatformError } from '../errors.ts'
import { MB } from '../model/byte-size.ts'
import type { JsonObject } from '../model/json.ts'
import { stringifyJson } from '../model/json-number.ts'
import { parseJson } from '../model/parse-json.ts'
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
} from './document-store.ts'
import { requirePage } from './require-page.ts'
import { SortedRows, type RowPosition } from './sorted-rows.ts'

interface Row extends RowPosition {
  readonly text: string
}

interface RowReference extends RowPosition {
  readonly index: string
  readonly partition: string
}

interface Entry {
  readonly revision: string
  readonly text: string
  readonly attachments: ReadonlyMap<string, Attachment>
  readonly rows: readonly RowReference[]
}

/**
 * The reference implementation. Documents are kept as JSON text: that isolates them from what callers hold, drops
 * what JSON cannot hold, as every other store does, and costs one parse per read.
 */
export class MemoryDocumentStore implements DocumentStore {
  readonly capabilities: DocumentStoreCapabilities = {
    durable: false,
    maxDocumentBytes: 8 * MB,
    maxAttachmentBytes: 50 * MB,
  }
  readonly #indexes: readonly IndexDefinition[]
  readonly #rows: ReadonlyMap<string, Map<string, SortedRows<Row>>>
  readonly #entries = new Map<string, Entry>()
  #writes = 0
  #open = false

  constructor(indexes: readonly IndexDefinition[]) {
    this.#indexes = indexes
    this.#rows = new Map(indexes.map(({ name }) => [name, new Map<string, SortedRows<Row>>()]))
  }

  async open(): Promise<void> {
    this.#open = true
  }

  async close(): Promise<void> {
    this.#open = false
  }

  async get(id: string): Promise<StoredDocument | undefined> {
    this.#requireOpen()
    return this.#stored(id)
  }

  async put(id: string, document: JsonObject, options: PutOptions = {}): Promise<PutResult> {
    this.#requireOpen()
    const text = stringifyJson(document)
    this.#requireSizes(text, options.attachments ?? {})
    const current = this.#entries.get(id)
    if (current?.revision !== options.revision) throw conflict(id)
    if (current) this.#removeRows(current)
    // The sequence is never reused: a document that was deleted and made again does not accept its old revisions.
    const generation = current ? Number.parseInt(current.revision, 10) + 1 : 1
    const revision = `${generation}-${(this.#writes++).toString(16).padStart(8, '0')}`
    this.#entries.set(id, {
      revision,
      text,
      attachments: attachmentsAfter(current, options),
      rows: this.#addRows(id, parseJson(text) as JsonObject),
    })
    return { revision }
  }

  async delete(id: string, revision: string): Promise<void> {
    this.#requireOpen()
    const current = this.#entries.get(id)
    if (!current || current.revision !== revision) throw conflict(id)
    this.#removeRows(current)
    this.#entries.delete(id)
  }

  async readAttachment(id: string, name: string): Promise<Uint8Array | undefined> {
    this.#requireOpen()
    const attachment = this.#entries.get(id)?.attachments.get(name)
    return attachment && new Uint8Array(attachment.bytes)
  }

  async attachments(id: string): Promise<readonly AttachmentInfo[]> {
    this.#requireOpen()
    const attachments = this.#entries.get(id)?.attachments ?? new Map<string, Attachment>()
    return [...attachments].map(([name, { contentType, bytes }]) => ({ name, contentType, bytes: bytes.byteLength }))
  }

  async list(query: IndexQuery): Promise<readonly IndexRow[]> {
    requirePage(query)
    const rows = this.#partition(query)?.slice(query) ?? []
    return rows.map(({ id, order, text }) => {
      const stored = query.documents ? this.#stored(id) : undefined
      return { id, order, value: parseJson(text), ...(stored ? { stored } : {}) }
    })
  }

  async count(query: Omit<IndexQuery, 'skip' | 'limit' | 'descending' | 'documents'>): Promise<number> {
    return this.#partition(query)?.count(query.from, query.to) ?? 0
  }

  /** What is in memory can be read. */
  async *scan({ after, prefix = '' }: ScanOptions = {}): AsyncGenerator<StoredDocument, void, undefined> {
    this.#requireOpen()
    const ids = [...this.#entries.keys()].filter((id) => id.startsWith(prefix) && (after === undefined || id > after))
    for (const id of ids.sort()) {
      this.#requireOpen()
      const stored = this.#stored(id)
      if (stored) yield stored
    }
  }

  #requireOpen(): void {
    if (!this.#open) throw new PlatformError('ERR_CLOSED', 'memory document store: not open')
  }

  #requireSizes(text: string, attachments: Readonly<Record<string, Attachment>>): void {
    const { maxDocumentBytes, maxAttachmentBytes } = this.capabilities
    if (Buffer.byteLength(text) > maxDocumentBytes) {
      throw new PlatformError('ERR_TOO_LARGE', `document is larger than ${maxDocumentBytes} bytes`)
    }
    for (const [name, { bytes }] of Object.entries(attachments)) {
      if (bytes.byteLength > maxAttachmentBytes) {
        throw new PlatformError('ERR_TOO_LARGE', `attachment '${name}' is larger than ${maxAttachmentBytes} bytes`)
      }
    }
  }

  #stored(id: string): StoredDocument | undefined {
    const entry = this.#entries.get(id)
    return entry && { id, revision: entry.revision, document: parseJson(entry.text) as JsonObject }
  }

  #partition({ index, partition }: Pick<IndexQuery, 'index' | 'partition'>): SortedRows<Row> | undefined {
    this.#requireOpen()
    const partitions = this.#rows.get(index)
    if (!partitions) throw new TypeError(`there is no index '${index}'`)
    return partitions.get(partition)
  }

  #addRows(id: string, document: JsonObject): RowReference[] {
    const references: RowReference[] = []
    for (const { name: index, map } of this.#indexes) {
      const partitions = this.#rows.get(index)!
      for (const [place, { partition, order, value }] of map(id, document).entries()) {
        let rows = partitions.get(partition)
        if (!rows) partitions.set(partition, (rows = new SortedRows()))
        rows.add({ id, order, place, text: stringifyJson(value) })
        references.push({ index, partition, id, order, place })
      }
    }
    return references
  }

  #removeRows({ rows }: Entry): void {
    for (const reference of rows) {
      const partitions = this.#rows.get(reference.index)!
      const partition = partitions.get(reference.partition)
      partition?.remove(reference)
      if (partition?.size === 0) partitions.delete(reference.partition)
    }
  }
}

function attachmentsAfter(current: Entry | undefined, options: PutOptions): Map<string, Attachment> {
  const attachments = new Map<string, Attachment>()
  for (const name of options.keepAttachments ?? []) {
    const kept = current?.attachments.get(name)
    if (kept) attachments.set(name, kept)
  }
  for (const [name, { contentType, bytes }] of Object.entries(options.attachments ?? {})) {
    attachments.set(name, { contentType, bytes: new Uint8Array(bytes) })
  }
  return attachments
}

function conflict(id: string): PlatformError {
  return new PlatformError('ERR_CONFLICT', `'${id}' has another revision`)
}
