import { adapterContext, type AdapterContext } from '../../adapter.ts'
import { isPlatformError, PlatformError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Activation } from '../../model/activation.ts'
import { activationSummary } from '../../model/activation-codec.ts'
import type { JsonObject } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import type {
  ActivationQuery,
  ActivationRetention,
  ActivationScanRow,
  ActivationStore,
  ActivationStoreCapabilities,
} from '../activation-store.ts'
import { requirePage } from '../require-page.ts'
import { activationRows, indexOf, NO_SUMMARY, recordKey } from './activation-rows.ts'
import { boundedActivationText, parseActivation, parseSummary } from './activation-text.ts'
import { BackendSession, type BackendReads } from './backend-session.ts'
import { ACTIVATION_BOUNDS } from './bounds.ts'
import { behind, KeySpace, readRowKey, rowBounds } from './key-space.ts'
import { ProvisionalRecords } from './provisional-records.ts'
import { readable } from './readable.ts'
import type { FoundValue, KeyRange, SortedBackend, SortedEntry, SortedOperation } from './sorted-backend.ts'
import { SortedExpiry } from './sorted-expiry.ts'

const SCAN_PAGE = 100

type Page = { readonly skip: number; readonly limit: number }

/** What a {@link SortedActivationStore} is made of. */
export interface SortedActivationStoreOptions {
  readonly backend: SortedBackend
  /** One letter: what the keys of this store begin with, unlike those of any other on the same data. */
  readonly letter: string
}

/** Activation records in a sorted backend, indexed by start and by name and start. */
export class SortedActivationStore implements ActivationStore {
  readonly capabilities: ActivationStoreCapabilities
  readonly #keys: KeySpace
  readonly #session: BackendSession
  readonly #provisional: ProvisionalRecords
  readonly #expiry: SortedExpiry
  readonly #logger: Logger

  constructor({ backend, letter }: SortedActivationStoreOptions, { logger }: AdapterContext = adapterContext()) {
    this.capabilities = { durable: backend.durable, ...ACTIVATION_BOUNDS }
    this.#keys = new KeySpace(letter)
    this.#session = new BackendSession(backend)
    this.#provisional = new ProvisionalRecords(this.#session, this.#keys)
    this.#expiry = new SortedExpiry(this.#session, this.#keys)
    this.#logger = logger
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  put(activation: Activation): Promise<'stored' | 'exists'> {
    return this.#session.run(async () => {
      const operations = this.#recordOf(activation)
      for (;;) {
        const owner = await this.#provisional.ownerOf(idOf(activation))
        if (await this.#store(activation, operations, owner)) return 'stored'
        if (await this.#exists(activation)) return 'exists'
      }
    })
  }

  putProvisional(owner: string, record: Activation): Promise<void> {
    return this.#session.run(async () => {
      const text = this.#textOf(record)
      await this.#provisional.put(owner, idOf(record), text, this.#key(record.namespace, record.activationId))
    })
  }

  discardProvisional(owner: string, namespace: string, activationId: string): Promise<void> {
    return this.#session.run(() => this.#provisional.discard(owner, `${namespace}/${activationId}`))
  }

  finalizeOrphans(owner: string): Promise<number> {
    return this.#session.run(async () => {
      let made = 0
      for await (const { text } of this.#provisional.of(owner)) {
        const record = this.#readable(text)
        // Not that which another owner has put in its place since.
        if (record && (await this.#store(record, this.#recordOf(record), owner))) made++
      }
      return made
    })
  }

  owners(): Promise<readonly string[]> {
    return this.#session.run(() => this.#provisional.owners())
  }

  get(namespace: string, activationId: string): Promise<Activation | undefined> {
    return this.#session.run(async () => {
      const value = await this.#session.get(this.#key(namespace, activationId))
      return value === undefined ? undefined : parseActivation(textOf(value))
    })
  }

  list(query: ActivationQuery & Page & { readonly full: true }): Promise<readonly Activation[]>
  list(query: ActivationQuery & Page & { readonly full: false }): Promise<readonly JsonObject[]>
  list(
    query: ActivationQuery & Page & { readonly full: boolean },
  ): Promise<readonly Activation[] | readonly JsonObject[]> {
    return this.#session.run<readonly Activation[] | readonly JsonObject[]>(async () => {
      requirePage(query)
      const { namespace, skip, limit, full } = query
      const { index, partition } = indexOf(query)
      const bounds = this.#boundsOf(query)
      if (!bounds || limit === 0) return []
      return this.#session.view(async (reads) => {
        const rows = await reads.range({ ...bounds, reverse: true, skip, limit })
        const prefix = this.#keys.rows(index, partition)
        const keys = rows.map(([key]) => this.#key(namespace, readRowKey(prefix, key).id))
        if (!full) return this.#summaries(reads, keys, rows)
        return existing(await this.#records(reads, keys))
      })
    })
  }

  count(query: ActivationQuery): Promise<number> {
    return this.#session.run(async () => {
      const bounds = this.#boundsOf(query)
      return bounds ? this.#session.count(bounds) : 0
    })
  }

  expire(retention: ActivationRetention): Promise<number> {
    return this.#session.run(() => this.#expiry.run(retention))
  }

  /** In order of namespace and id, page by page; cursors are keys. */
  async *scan({ after }: { readonly after?: string } = {}): AsyncGenerator<ActivationScanRow, void, undefined> {
    const { gte, lt } = this.#keys.all('documents')
    // What was in a damaged part is not met on the way.
    for (const err of await this.#session.run(() => this.#session.damagedParts({ gte, lt }))) {
      this.#logger.error({ err }, 'activation records may be missing')
      yield { cursor: after ?? gte, activation: undefined }
    }
    for (let from = after === undefined ? gte : behind(after); ;) {
      const page = await this.#session.run(() => this.#session.range({ gte: from, lt, limit: SCAN_PAGE }))
      for (const [cursor, value] of page) {
        yield { cursor, activation: this.#readable(value) }
        from = behind(cursor)
      }
      if (page.length < SCAN_PAGE) return
    }
  }

  /** @throws TypeError the start of the activation is no moment. */
  #recordOf(activation: Activation): readonly SortedOperation[] {
    const { namespace, activationId } = activation
    const text = this.#textOf(activation)
    const summary = stringifyJson(activationSummary(activation))
    const rows = activationRows(activation).map((row): SortedOperation => ({
      type: 'put',
      key: this.#keys.row(activationId, row),
      value: summary,
    }))
    return [{ type: 'put', key: this.#key(namespace, activationId), value: text }, ...rows]
  }

  /** Unless there is a record already, or its provisional record is another owner's. */
  #store(activation: Activation, operations: readonly SortedOperation[], owner: string | undefined): Promise<boolean> {
    const id = idOf(activation)
    return this.#session.batch({
      conditions: [
        { key: this.#key(activation.namespace, activation.activationId), value: undefined },
        this.#provisional.ownedBy(owner, id),
      ],
      operations: [...operations, ...this.#provisional.removal(owner, id)],
    })
  }

  async #exists({ namespace, activationId }: Activation): Promise<boolean> {
    return (await this.#session.get(this.#key(namespace, activationId))) !== undefined
  }

  /** Undefined for what expired meanwhile, or cannot be read. */
  async #records(reads: BackendReads, keys: readonly string[]): Promise<(Activation | undefined)[]> {
    const found = await reads.getMany(keys)
    return found.map((value) => (value === undefined ? undefined : this.#readable(value)))
  }

  /** A summary that is none, or cannot be read, is made from its record. */
  async #summaries(
    reads: BackendReads,
    keys: readonly string[],
    rows: readonly SortedEntry[],
  ): Promise<readonly JsonObject[]> {
    const summaries = rows.map(([, value]) => this.#summary(value))
    const wanted = keys.filter((_, place) => summaries[place] === undefined)
    const records = await this.#records(reads, wanted)
    return summaries.flatMap((summary) => {
      if (summary) return [summary]
      const record = records.shift()
      return record ? [activationSummary(record)] : []
    })
  }

  #summary(value: FoundValue): JsonObject | undefined {
    if (value === NO_SUMMARY) return undefined
    return readable(
      () => parseSummary(textOf(value)),
      (err) => this.#logger.error({ err }, 'the summary of an activation record cannot be read'),
    )
  }

  /** Undefined, and a word in the log, for what cannot be read: one record never keeps the others from being listed. */
  #readable(value: FoundValue): Activation | undefined {
    return readable(
      () => parseActivation(textOf(value)),
      (err) => this.#logger.error({ err }, 'an activation record cannot be read, and is left out'),
    )
  }

  #boundsOf(query: ActivationQuery): KeyRange | undefined {
    const { index, partition } = indexOf(query)
    return rowBounds(this.#keys.rows(index, partition), { from: query.since, to: query.upto })
  }

  #key(namespace: string, activationId: string): string {
    return recordKey(this.#keys, namespace, activationId)
  }

  #textOf(activation: Activation): string {
    return boundedActivationText(activation, this.capabilities.maxRecordBytes)
  }
}

function idOf({ namespace, activationId }: Activation): string {
  return `${namespace}/${activationId}`
}

function existing<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined)
}

function textOf(value: FoundValue): string {
  if (typeof value === 'string') return value
  if (isPlatformError(value)) throw value
  throw new PlatformError('ERR_CORRUPT', 'what is stored as an activation record is no text')
}
