import {
  adapterContext,
  MemoryActivationStore,
  PlatformError,
  type MemoryDocumentStore,
  type Activation,
  type ActivationQuery,
  type ActivationRetention,
  type ActivationScanRow,
  type ActivationStore,
  type ActivationStoreCapabilities,
  type AttachmentInfo,
  type DocumentStoreCapabilities,
  type EntityStore,
  type IndexQuery,
  type IndexRow,
  type JsonObject,
  type PutOptions,
  type PutResult,
  type ScanOptions,
  type StoredDocument,
} from '@stemcell/core'
import type { Host } from '../world/host.ts'
import type { Network } from '../world/network.ts'

/** A part of the platform whose server is somewhere else. */
abstract class RemotePart {
  readonly #host: Host
  readonly #network: Network
  readonly #service: Parameters<Network['call']>[1]
  #isOpen = false

  constructor(host: Host, network: Network, service: Parameters<Network['call']>[1]) {
    this.#host = host
    this.#network = network
    this.#service = service
  }

  async open(): Promise<void> {
    this.#isOpen = true
    await this.ask(() => undefined)
  }

  async close(): Promise<void> {
    this.#isOpen = false
  }

  protected async ask<T>(question: () => T | Promise<T>): Promise<T> {
    if (!this.#isOpen) throw new PlatformError('ERR_CLOSED', 'simulated store is not open')
    return this.#network.call(this.#host, this.#service, question)
  }
}

/** Documents somewhere else: of entities, or of subjects. */
export class RemoteDocuments extends RemotePart implements EntityStore {
  readonly capabilities: DocumentStoreCapabilities
  readonly #store: MemoryDocumentStore

  constructor(host: Host, network: Network, store: MemoryDocumentStore) {
    super(host, network, 'entities')
    this.#store = store
    this.capabilities = { ...store.capabilities, durable: true }
  }

  get(id: string): Promise<StoredDocument | undefined> {
    return this.ask(() => this.#store.get(id))
  }

  put(id: string, document: JsonObject, options?: PutOptions): Promise<PutResult> {
    return this.ask(() => this.#store.put(id, document, options))
  }

  delete(id: string, revision: string): Promise<void> {
    return this.ask(() => this.#store.delete(id, revision))
  }

  readAttachment(id: string, name: string): Promise<Uint8Array | undefined> {
    return this.ask(() => this.#store.readAttachment(id, name))
  }

  attachments(id: string): Promise<readonly AttachmentInfo[]> {
    return this.ask(() => this.#store.attachments(id))
  }

  list(query: IndexQuery): Promise<readonly IndexRow[]> {
    return this.ask(() => this.#store.list(query))
  }

  count(query: Omit<IndexQuery, 'skip' | 'limit' | 'descending' | 'documents'>): Promise<number> {
    return this.ask(() => this.#store.count(query))
  }

  async *scan(options?: ScanOptions): AsyncIterable<StoredDocument> {
    const all = await this.ask(async () => {
      const found: StoredDocument[] = []
      for await (const document of this.#store.scan(options)) found.push(document)
      return found
    })
    yield* all
  }
}

/** The store behind the network; it tells of each record that somebody puts. */
export class RecordServer extends MemoryActivationStore {
  readonly #told: (record: Activation, outcome: 'stored' | 'exists') => void

  constructor(told: (record: Activation, outcome: 'stored' | 'exists') => void) {
    super(adapterContext())
    this.#told = told
  }

  override async put(activation: Activation): Promise<'stored' | 'exists'> {
    const outcome = await super.put(activation)
    this.#told(activation, outcome)
    return outcome
  }
}

/** What a store of records does wrong when it is told to. */
export interface RecordFlaws {
  /** It says that it has a record a while before it does: one that is written behind the answer. */
  readonly answersBeforeItStores?: boolean
}

/** Records of activations somewhere else. */
export class RemoteRecords extends RemotePart implements ActivationStore {
  readonly capabilities: ActivationStoreCapabilities
  readonly #store: MemoryActivationStore
  readonly #flaws: RecordFlaws

  constructor(host: Host, network: Network, store: MemoryActivationStore, flaws: RecordFlaws = {}) {
    super(host, network, 'records')
    this.#store = store
    this.#flaws = flaws
    this.capabilities = { ...store.capabilities, durable: true }
  }

  put(activation: Activation): Promise<'stored' | 'exists'> {
    if (this.#flaws.answersBeforeItStores) {
      void this.ask(() => this.#store.put(activation)).catch(() => 'exists')
      return Promise.resolve('stored')
    }
    return this.ask(() => this.#store.put(activation))
  }

  putProvisional(owner: string, record: Activation): Promise<void> {
    return this.ask(() => this.#store.putProvisional(owner, record))
  }

  discardProvisional(owner: string, namespace: string, activationId: string): Promise<void> {
    return this.ask(() => this.#store.discardProvisional(owner, namespace, activationId))
  }

  finalizeOrphans(owner: string): Promise<number> {
    return this.ask(() => this.#store.finalizeOrphans(owner))
  }

  owners(): Promise<readonly string[]> {
    return this.ask(() => this.#store.owners())
  }

  get(namespace: string, activationId: string): Promise<Activation | undefined> {
    return this.ask(() => this.#store.get(namespace, activationId))
  }

  list(
    query: ActivationQuery & { readonly skip: number; readonly limit: number; readonly full: true },
  ): Promise<readonly Activation[]>
  list(
    query: ActivationQuery & { readonly skip: number; readonly limit: number; readonly full: false },
  ): Promise<readonly JsonObject[]>
  list(
    query: ActivationQuery & { readonly skip: number; readonly limit: number; readonly full: boolean },
  ): Promise<readonly Activation[] | readonly JsonObject[]> {
    return this.ask<readonly Activation[] | readonly JsonObject[]>(() =>
      query.full ? this.#store.list({ ...query, full: true }) : this.#store.list({ ...query, full: false }),
    )
  }

  count(query: ActivationQuery): Promise<number> {
    return this.ask(() => this.#store.count(query))
  }

  expire(retention: ActivationRetention): Promise<number> {
    return this.ask(() => this.#store.expire(retention))
  }

  async *scan(options?: { readonly after?: string }): AsyncIterable<ActivationScanRow> {
    const all = await this.ask(async () => {
      const rows: ActivationScanRow[] = []
      for await (const row of this.#store.scan(options)) rows.push(row)
      return rows
    })
    yield* all
  }
}
