import {
  activationText,
  isPlatformError,
  PlatformError,
  readActivation,
  requirePage,
  type Activation,
  type ActivationQuery,
  type ActivationRetention,
  type ActivationScanRow,
  type ActivationStore,
  type ActivationStoreCapabilities,
  type JsonObject,
} from '@stemcell/core'
import { ActivationExpiry } from './activation-expiry.ts'
import { ActivationWriter, BY_NAME, BY_START, namePartition, recordKey, type PutOutcome } from './activation-writer.ts'
import { readCount } from './commit-queue.ts'
import { DatabaseSession } from './database-session.ts'
import { KeySpace, readRowKey } from './key-space.ts'
import { KeyedLock } from './keyed-lock.ts'
import { parseLevelOptions, type LevelStoresOptions } from './level-stores-options.ts'
import { countRows, readRows } from './read-rows.ts'

export const ACTIVATION_CAPABILITIES: ActivationStoreCapabilities = { durable: true, maxRecordBytes: 16 * 1024 ** 2 }

/** Records may be large. */
const SCAN_PAGE = 100

type Page = { readonly skip: number; readonly limit: number }

/** Activation records in a LevelDB database, indexed by start and by name and start. */
export class LevelActivationStore implements ActivationStore {
  readonly capabilities: ActivationStoreCapabilities = ACTIVATION_CAPABILITIES
  readonly #keys = activationKeys()
  readonly #writer = new ActivationWriter(this.#keys)
  readonly #expiry = new ActivationExpiry(this.#keys)
  readonly #expiring = new KeyedLock()
  readonly #session: DatabaseSession

  /** @throws ERR_CONFIG an option is wrong. */
  constructor(options: LevelStoresOptions) {
    this.#session = new DatabaseSession(parseLevelOptions(options))
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  put(activation: Activation): Promise<PutOutcome> {
    return this.#session.run((database) =>
      this.#writer.put(database, activation, () => {
        const text = activationText(activation)
        if (Buffer.byteLength(text) > this.capabilities.maxRecordBytes) {
          throw new PlatformError('ERR_TOO_LARGE', `record is larger than ${this.capabilities.maxRecordBytes} bytes`)
        }
        return text
      }),
    )
  }

  get(namespace: string, activationId: string): Promise<Activation | undefined> {
    return this.#session.run(async ({ db }) => {
      const text = await db.get(recordKey(this.#keys, namespace, activationId))
      return text === undefined ? undefined : parseRecord(text)
    })
  }

  list(query: ActivationQuery & Page & { readonly full: true }): Promise<readonly Activation[]>
  list(query: ActivationQuery & Page & { readonly full: false }): Promise<readonly JsonObject[]>
  list(
    query: ActivationQuery & Page & { readonly full: boolean },
  ): Promise<readonly Activation[] | readonly JsonObject[]> {
    return this.#session.run(async ({ db }) => {
      requirePage(query)
      const { namespace, since: from, upto: to, skip, limit, full } = query
      const { index, partition } = indexOf(query)
      const prefix = this.#keys.rows(index, partition)
      const snapshot = db.snapshot()
      try {
        const rows = await readRows(db, snapshot, prefix, { from, to, skip, limit, descending: true })
        if (!full) return rows.map(([, summary]) => JSON.parse(summary) as JsonObject)
        const keys = rows.map(([key]) => recordKey(this.#keys, namespace, readRowKey(prefix, key).id))
        return (await db.getMany<string, string>(keys, { snapshot })).map(parseRecord)
      } finally {
        await snapshot.close()
      }
    })
  }

  count(query: ActivationQuery): Promise<number> {
    return this.#session.run(async ({ db }) => {
      const { index, partition } = indexOf(query)
      return query.since === undefined && query.upto === undefined
        ? readCount(await db.get(this.#keys.rowCount(index, partition)))
        : countRows(db, this.#keys.rows(index, partition), { from: query.since, to: query.upto })
    })
  }

  expire(retention: ActivationRetention): Promise<number> {
    return this.#session.run((database) => this.#expiring.run('', () => this.#expiry.run(database, retention)))
  }

  /** In order of namespace and id, page by page; cursors are the keys of the database. */
  async *scan({ after }: { readonly after?: string } = {}): AsyncGenerator<ActivationScanRow, void, undefined> {
    const all = this.#keys.all('documents')
    for (let last = after; ;) {
      const from = last === undefined || last < all.gte ? { gte: all.gte } : { gt: last }
      const page = await this.#session.run(({ db }) => db.iterator({ ...from, lt: all.lt, limit: SCAN_PAGE }).all())
      for (const [cursor, text] of page) yield { cursor, activation: tryParse(text) }
      if (page.length < SCAN_PAGE) return
      last = page.at(-1)![0]
    }
  }
}

export function activationKeys(): KeySpace {
  return new KeySpace('a')
}

function indexOf({ namespace, name }: ActivationQuery): { readonly index: string; readonly partition: string } {
  return name === undefined
    ? { index: BY_START, partition: namespace }
    : { index: BY_NAME, partition: namePartition(namespace, name) }
}

function tryParse(text: string): Activation | undefined {
  try {
    return parseRecord(text)
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return undefined
    throw error
  }
}

function parseRecord(text: string | undefined): Activation {
  if (text === undefined) throw new PlatformError('ERR_CORRUPT', 'an index shows a record that is not stored')
  try {
    return readActivation(JSON.parse(text) as JsonObject)
  } catch (error) {
    throw new PlatformError('ERR_CORRUPT', 'an activation record cannot be read', { cause: error })
  }
}
