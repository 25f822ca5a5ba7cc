import { isPlatformError, PlatformError } from '../errors.ts'
import { adapterContext, type AdapterContext } from '../adapter.ts'
import type { Logger } from '../log.ts'
import { activationFilterName, type Activation } from '../model/activation.ts'
import { activationSummary, activationText, readActivation } from '../model/activation-codec.ts'
import { MB } from '../model/byte-size.ts'
import type { JsonObject } from '../model/json.ts'
import { parseJson } from '../model/parse-json.ts'
import type {
  ActivationQuery,
  ActivationRetention,
  ActivationScanRow,
  ActivationStore,
  ActivationStoreCapabilities,
} from './activation-store.ts'
import { requirePage } from './require-page.ts'
import { SortedRows, type RowPosition } from './sorted-rows.ts'

/** Most records that one call of `expire` removes. */
const EXPIRE_BATCH = 1000

interface Row extends RowPosition {
  readonly name: string
  readonly text: string
}

interface Provisional {
  readonly owner: string
  readonly text: string
}

interface NamespaceRecords {
  readonly byId: Map<string, Row>
  readonly byStart: SortedRows<Row>
  readonly byName: Map<string, SortedRows<Row>>
}

/** The reference implementation. Records are kept as JSON text, out of reach of what callers hold. */
export class MemoryActivationStore implements ActivationStore {
  readonly capabilities: ActivationStoreCapabilities = { durable: false, maxRecordBytes: 16 * MB }
  readonly #namespaces = new Map<string, NamespaceRecords>()
  readonly #provisional = new Map<string, Provisional>()
  readonly #logger: Logger
  #open = false

  constructor({ logger }: Pick<AdapterContext, 'logger'> = adapterContext()) {
    this.#logger = logger
  }

  async open(): Promise<void> {
    this.#open = true
  }

  async close(): Promise<void> {
    this.#open = false
  }

  async put(activation: Activation): Promise<'stored' | 'exists'> {
    this.#requireOpen()
    const text = this.#textOf(activation)
    this.#provisional.delete(keyOf(activation.namespace, activation.activationId))
    const records = this.#recordsOf(activation.namespace)
    const { activationId: id, start: order } = activation
    if (records.byId.has(id)) return 'exists'
    const row: Row = { id, order, place: 0, name: activationFilterName(activation), text }
    records.byId.set(id, row)
    records.byStart.add(row)
    let named = records.byName.get(row.name)
    if (!named) records.byName.set(row.name, (named = new SortedRows()))
    named.add(row)
    return 'stored'
  }

  putAll(activations: readonly Activation[]): Promise<readonly ('stored' | 'exists')[]> {
    return Promise.all(activations.map((activation) => this.put(activation)))
  }

  putProvisional(owner: string, record: Activation): void {
    this.#requireOpen()
    const { namespace, activationId } = record
    const text = this.#textOf(record)
    if (this.#namespaces.get(namespace)?.byId.has(activationId)) return
    this.#provisional.set(keyOf(namespace, activationId), { owner, text })
  }

  discardProvisional(owner: string, namespace: string, activationId: string): void {
    this.#requireOpen()
    const key = keyOf(namespace, activationId)
    if (this.#provisional.get(key)?.owner === owner) this.#provisional.delete(key)
  }

  async finalizeOrphans(owner: string): Promise<number> {
    this.#requireOpen()
    const left = [...this.#provisional.values()].filter((provisional) => provisional.owner === owner)
    const records = left.flatMap((provisional) => this.#readable(provisional) ?? [])
    const outcomes = await Promise.all(records.map((record) => this.put(record)))
    return outcomes.filter((outcome) => outcome === 'stored').length
  }

  async owners(): Promise<readonly string[]> {
    this.#requireOpen()
    return [...new Set(Array.from(this.#provisional.values(), ({ owner }) => owner))]
  }

  async get(namespace: string, activationId: string): Promise<Activation | undefined> {
    this.#requireOpen()
    const row = this.#namespaces.get(namespace)?.byId.get(activationId)
    return row && parse(row)
  }

  list(
    query: ActivationQuery & { readonly skip: number; readonly limit: number; readonly full: true },
  ): Promise<readonly Activation[]>
  list(
    query: ActivationQuery & { readonly skip: number; readonly limit: number; readonly full: false },
  ): Promise<readonly JsonObject[]>
  async list(
    query: ActivationQuery & { readonly skip: number; readonly limit: number; readonly full: boolean },
  ): Promise<readonly Activation[] | readonly JsonObject[]> {
    requirePage(query)
    const { since: from, upto: to, skip, limit } = query
    const rows = this.#rows(query)?.slice({ from, to, skip, limit, descending: true }) ?? []
    const records = rows.flatMap((row) => this.#readable(row) ?? [])
    return query.full ? records : records.map(activationSummary)
  }

  async count(query: ActivationQuery): Promise<number> {
    return this.#rows(query)?.count(query.since, query.upto) ?? 0
  }

  async expire({ before = 0, maxPerNamespace }: ActivationRetention): Promise<number> {
    this.#requireOpen()
    let removed = 0
    for (const [namespace, records] of this.#namespaces) {
      const tooOld = records.byStart.count(0, before - 1)
      const tooMany = maxPerNamespace === undefined ? 0 : records.byStart.size - maxPerNamespace
      for (const row of records.byStart.first(Math.min(EXPIRE_BATCH - removed, Math.max(0, tooOld, tooMany)))) {
        this.#remove(namespace, records, row)
        removed++
      }
    }
    return removed
  }

  /** In order of namespace and id. */
  async *scan({ after }: { readonly after?: string } = {}): AsyncGenerator<ActivationScanRow, void, undefined> {
    this.#requireOpen()
    const rows = [...this.#namespaces].flatMap(([namespace, { byId }]) =>
      [...byId.values()].map((row) => ({ cursor: `${namespace}/${row.id}`, row })),
    )
    rows.sort((a, b) => (a.cursor < b.cursor ? -1 : 1))
    for (const { cursor, row } of rows) {
      this.#requireOpen()
      if (after === undefined || cursor > after) yield { cursor, activation: this.#readable(row) }
    }
  }

  #remove(namespace: string, records: NamespaceRecords, row: Row): void {
    records.byId.delete(row.id)
    records.byStart.remove(row)
    const named = records.byName.get(row.name)
    named?.remove(row)
    if (named?.size === 0) records.byName.delete(row.name)
    if (records.byId.size === 0) this.#namespaces.delete(namespace)
  }

  #readable(row: { readonly text: string }): Activation | undefined {
    try {
      return parse(row)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
      this.#logger.error({ err: error }, 'an activation record cannot be read; it is left out')
      return undefined
    }
  }

  #textOf(activation: Activation): string {
    const text = activationText(activation)
    const { maxRecordBytes } = this.capabilities
    if (Buffer.byteLength(text) <= maxRecordBytes) return text
    throw new PlatformError('ERR_TOO_LARGE', `record is larger than ${maxRecordBytes} bytes`)
  }

  #requireOpen(): void {
    if (!this.#open) throw new PlatformError('ERR_CLOSED', 'memory activation store: not open')
  }

  #recordsOf(namespace: string): NamespaceRecords {
    let records = this.#namespaces.get(namespace)
    if (!records) {
      records = { byId: new Map(), byStart: new SortedRows(), byName: new Map() }
      this.#namespaces.set(namespace, records)
    }
    return records
  }

  #rows({ namespace, name }: ActivationQuery): SortedRows<Row> | undefined {
    this.#requireOpen()
    const records = this.#namespaces.get(namespace)
    return name === undefined ? records?.byStart : records?.byName.get(name)
  }
}

function keyOf(namespace: string, activationId: string): string {
  return `${namespace}/${activationId}`
}

function parse({ text }: { readonly text: string }): Activation {
  return readActivation(parseJson(text) as JsonObject)
}
