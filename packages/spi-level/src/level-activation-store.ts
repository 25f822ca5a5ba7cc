import {
  KeyedLock,
  activationSummary,
  adapterContext,
  isPlatformError,
  parseJson,
  PlatformError,
  requirePage,
  type Activation,
  type ActivationQuery,
  type ActivationRetention,
  type ActivationScanRow,
  type ActivationStore,
  type ActivationStoreCapabilities,
  type AdapterContext,
  type JsonObject,
  type Logger,
  type MaybePromise,
} from '@stemcell/core'
import type { ClassicLevel, Snapshot } from 'classic-level'
import { ActivationExpiry } from './activation-expiry.ts'
import { activationKeys, type PutOutcome } from './activation-writer.ts'
import { countAll } from './count-all.ts'
import { DatabaseSession } from './database-session.ts'
import {
  ACTIVATION_BOUNDS,
  boundedActivationText,
  indexOf,
  parseActivation,
  readRowKey,
  recordKey,
} from '@stemcell/core/sorted-store'
import { parseLevelOptions, type LevelStoresOptions } from './level-stores-options.ts'
import { countRows, readEntries, readMany, readRows } from './read-rows.ts'
import { openText } from './sealed-value.ts'

export const ACTIVATION_CAPABILITIES: ActivationStoreCapabilities = { durable: true, ...ACTIVATION_BOUNDS }

/** Records may be large. */
const SCAN_PAGE = 100

type Page = { readonly skip: number; readonly limit: number }

/** Activation records in a LevelDB database, indexed by start and by name and start. */
export class LevelActivationStore implements ActivationStore {
  readonly capabilities: ActivationStoreCapabilities = ACTIVATION_CAPABILITIES
  readonly #keys = activationKeys()
  readonly #expiry = new ActivationExpiry(this.#keys)
  readonly #expiring = new KeyedLock()
  readonly #logger: Logger
  readonly #session: DatabaseSession

  /** @throws ERR_CONFIG an option is wrong. */
  constructor(options: LevelStoresOptions, context: AdapterContext = adapterContext()) {
    this.#logger = context.logger
    this.#session = new DatabaseSession(parseLevelOptions(options), context)
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  put(activation: Activation): MaybePromise<PutOutcome> {
    return this.#session.runNow(({ activations }) => activations.put(activation, () => this.#textOf(activation)))
  }

  putProvisional(owner: string, record: Activation): MaybePromise<void> {
    return this.#session.runNow(({ activations }) => activations.putProvisional(owner, record, this.#textOf(record)))
  }

  discardProvisional(owner: string, namespace: string, activationId: string): MaybePromise<void> {
    return this.#session.runNow(({ activations }) => activations.discardProvisional(owner, namespace, activationId))
  }

  finalizeOrphans(owner: string): Promise<number> {
    return this.#session.run(({ activations }) => activations.finalizeOrphans(owner))
  }

  owners(): Promise<readonly string[]> {
    return this.#session.run(async ({ activations }) => activations.owners)
  }

  get(namespace: string, activationId: string): Promise<Activation | undefined> {
    return this.#session.run(async ({ db, activations, damage }) => {
      const held = activations.find(namespace, activationId)
      if (held !== undefined) return parseActivation(held)
      const key = recordKey(this.#keys, namespace, activationId)
      const sealed = await db.get(key)
      damage.require(key, sealed, () => `activation record ${namespace}/${activationId}`)
      return sealed === undefined ? undefined : readRecord(key, sealed)
    })
  }

  list(query: ActivationQuery & Page & { readonly full: true }): Promise<readonly Activation[]>
  list(query: ActivationQuery & Page & { readonly full: false }): Promise<readonly JsonObject[]>
  list(
    query: ActivationQuery & Page & { readonly full: boolean },
  ): Promise<readonly Activation[] | readonly JsonObject[]> {
    return this.#session.run(async ({ db, activations }) => {
      requirePage(query)
      await activations.flush()
      const { namespace, since: from, upto: to, skip, limit, full } = query
      const { index, partition } = indexOf(query)
      const prefix = this.#keys.rows(index, partition)
      const snapshot = db.snapshot()
      try {
        const rows = await readRows(db, snapshot, prefix, { from, to, skip, limit, descending: true })
        if (!full) return await this.#summaries(db, snapshot, namespace, prefix, rows)
        const keys = rows.map(([key]) => recordKey(this.#keys, namespace, readRowKey(prefix, key).id))
        const records = await readMany(db, snapshot, keys)
        return records.flatMap((sealed, index) => this.#readable(keys[index]!, sealed) ?? [])
      } finally {
        await snapshot.close()
      }
    })
  }

  count(query: ActivationQuery): Promise<number> {
    return this.#session.run(async (database) => {
      await database.activations.flush()
      const { index, partition } = indexOf(query)
      return query.since === undefined && query.upto === undefined
        ? countAll(database, this.#keys.rowCount(index, partition))
        : countRows(database.db, this.#keys.rows(index, partition), { from: query.since, to: query.upto })
    })
  }

  expire(retention: ActivationRetention): Promise<number> {
    return this.#session.run(async (database) => {
      await database.activations.flush()
      return this.#expiring.run('', () => this.#expiry.run(database, retention))
    })
  }

  /** In order of namespace and id, page by page; cursors are the keys of the database. */
  async *scan({ after }: { readonly after?: string } = {}): AsyncGenerator<ActivationScanRow, void, undefined> {
    await this.#session.run(({ activations }) => activations.flush())
    const all = this.#keys.all('documents')
    const parts = await this.#session.run(({ damage }) => damage.within(all))
    // What a damaged table held is not met on the way.
    for (const _ of parts) yield { cursor: after ?? all.gte, activation: undefined }
    for (let last = after; ;) {
      const from = last === undefined || last < all.gte ? { gte: all.gte } : { gt: last }
      const page = await this.#session.run(({ db }) => readEntries(db, { ...from, lt: all.lt, limit: SCAN_PAGE }))
      for (const [cursor, sealed] of page) yield { cursor, activation: this.#readable(cursor, sealed) }
      if (page.length < SCAN_PAGE) return
      last = page.at(-1)![0]
    }
  }

  /** What is no summary, or a damaged one, is made from its record; left out when that is damaged as well. */
  async #summaries(
    db: ClassicLevel,
    snapshot: Snapshot,
    namespace: string,
    prefix: string,
    rows: readonly (readonly [key: string, sealed: string])[],
  ): Promise<JsonObject[]> {
    const stored = rows.map(([key, sealed]) => storedSummary(key, sealed))
    const keys = rows.map(([key]) => recordKey(this.#keys, namespace, readRowKey(prefix, key).id))
    const wanted = keys.filter((_, place) => stored[place] === undefined)
    const records = wanted.length === 0 ? [] : await readMany(db, snapshot, wanted)
    const made = records.map((sealed, place) => this.#readable(wanted[place]!, sealed))
    const summaries: JsonObject[] = []
    for (const summary of stored) {
      const activation = summary ? undefined : made.shift()
      if (summary) summaries.push(summary)
      else if (activation) summaries.push(activationSummary(activation))
    }
    return summaries
  }

  /** Undefined, and a word in the log, for what cannot be read: one record never keeps the others from being listed. */
  #readable(key: string, sealed: string | undefined): Activation | undefined {
    try {
      return readRecord(key, sealed)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
      this.#logger.error({ err: error }, 'an activation record cannot be listed')
      return undefined
    }
  }

  #textOf(activation: Activation): string {
    return boundedActivationText(activation, this.capabilities.maxRecordBytes)
  }
}

function readRecord(key: string, sealed: string | undefined): Activation {
  const id = key.slice(2)
  if (sealed === undefined) throw new PlatformError('ERR_CORRUPT', `an index shows ${id}, a record that is not stored`)
  return parseActivation(openText(key, sealed, () => `activation record ${id}`))
}

function storedSummary(key: string, sealed: string): JsonObject | undefined {
  try {
    const text = openText(key, sealed, () => 'the summary of an activation record')
    return text === '' ? undefined : (parseJson(text) as JsonObject)
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return undefined
    throw error
  }
}
