import { PlatformError } from '../errors.ts'
import type { JsonObject } from '../model/json.ts'
import type {
  AttachmentInfo,
  IndexQuery,
  IndexRow,
  PutOptions,
  PutResult,
  StoredDocument,
} from '../store/document-store.ts'
import { ENTITY_INDEXES, type EntityStore } from '../store/entity-store.ts'
import { requirePage } from '../store/require-page.ts'
import type { SystemDocuments } from './system-documents.ts'
import { SYSTEM_NAMESPACE } from './system-package.ts'

/** Revision of documents that no store has. */
const SYSTEM_REVISION = 'system'

/**
 * An entity store in which system packages lie, too. A package of the same name in the store below takes the place of
 * ours, with everything in it. Nothing of ours is ever written.
 */
export class SystemEntityStore implements EntityStore {
  readonly #store: EntityStore
  readonly #packages: readonly SystemDocuments[]
  readonly #packageOf = new Map<string, SystemDocuments>()

  constructor(store: EntityStore, packages: readonly SystemDocuments[]) {
    this.#store = store
    this.#packages = packages
    for (const documents of packages) for (const id of documents.documents.keys()) this.#packageOf.set(id, documents)
  }

  get capabilities(): EntityStore['capabilities'] {
    return this.#store.capabilities
  }

  open(): Promise<void> {
    return this.#store.open()
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  async get(id: string): Promise<StoredDocument | undefined> {
    const system = this.#packageOf.get(id)
    if (!system || (await this.#isReplaced(system))) return this.#store.get(id)
    return storedDocument(id, system.documents.get(id)!)
  }

  /** @throws ERR_CONFLICT besides: an action of ours whose package the store below does not have. */
  async put(id: string, document: JsonObject, options: PutOptions = {}): Promise<PutResult> {
    const system = this.#packageOf.get(id)
    if (system && id !== system.packageId && !(await this.#isReplaced(system))) {
      throw new PlatformError('ERR_CONFLICT', `'${id}' belongs to the platform: write a package of its name first`)
    }
    const { revision, ...others } = options
    return this.#store.put(id, document, revision === undefined || revision === SYSTEM_REVISION ? others : options)
  }

  delete(id: string, revision: string): Promise<void> {
    if (revision !== SYSTEM_REVISION) return this.#store.delete(id, revision)
    return Promise.reject(new PlatformError('ERR_CONFLICT', `'${id}' belongs to the platform`))
  }

  readAttachment(id: string, name: string): Promise<Uint8Array | undefined> {
    return this.#store.readAttachment(id, name)
  }

  attachments(id: string): Promise<readonly AttachmentInfo[]> {
    return this.#store.attachments(id)
  }

  async list(query: IndexQuery): Promise<readonly IndexRow[]> {
    requirePage(query)
    const own = await this.#rows(query)
    if (own.length === 0) return this.#store.list(query)
    const { skip = 0, limit, ...all } = query
    const rows = [...(await this.#store.list(all)), ...own].sort(byOrder)
    if (query.descending) rows.reverse()
    return rows.slice(skip, limit === undefined ? undefined : skip + limit)
  }

  async count(query: Omit<IndexQuery, 'skip' | 'limit' | 'descending' | 'documents'>): Promise<number> {
    const [stored, own] = await Promise.all([this.#store.count(query), this.#rows(query)])
    return stored + own.length
  }

  /** What the store below has: nothing of ours belongs into an export. */
  scan(options?: { readonly after?: string; readonly prefix?: string }): AsyncIterable<StoredDocument> {
    return this.#store.scan(options)
  }

  async #rows({ index, partition, from = 0, to = Infinity, documents }: IndexQuery): Promise<IndexRow[]> {
    if (partition !== SYSTEM_NAMESPACE && !this.#packageOf.has(partition)) return []
    const definition = ENTITY_INDEXES.find(({ name }) => name === index)
    if (!definition) return []
    const rows: IndexRow[] = []
    for (const system of this.#packages) {
      if (await this.#isReplaced(system)) continue
      for (const [id, document] of system.documents) {
        for (const entry of definition.map(id, document)) {
          if (entry.partition !== partition || entry.order < from || entry.order > to) continue
          const row = { id, order: entry.order, value: entry.value }
          rows.push(documents ? { ...row, stored: storedDocument(id, document) } : row)
        }
      }
    }
    return rows
  }

  async #isReplaced({ packageId }: SystemDocuments): Promise<boolean> {
    return (await this.#store.get(packageId)) !== undefined
  }
}

function storedDocument(id: string, document: JsonObject): StoredDocument {
  return { id, revision: SYSTEM_REVISION, document }
}

function byOrder(a: IndexRow, b: IndexRow): number {
  return a.order - b.order || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
