import {
  adapterContext,
  type PlatformError,
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
} from '@stemcell/core'
import {
  ACTIVATION_BOUNDS,
  boundedActivationText,
  parseActivation,
  parseSummary,
  readable,
} from '@stemcell/core/sorted-store'
import { ConnectionSession } from '../connection/connection-session.ts'
import { listOf, textOf } from '../connection/lua-script.ts'
import type { RedisConnectionSettings } from '../redis-options.ts'
import {
  EXPIRE_RECORDS,
  PUT_PROVISIONAL,
  PROVISIONAL,
  LIST_RECORDS,
  OWNERS,
  SCAN_RECORDS,
  DISCARD_PROVISIONAL,
} from './activation-scripts.ts'
import { ActivationWriter, type PutOutcome } from './activation-writer.ts'
import { ActivationKeys, recordName, scoreBounds } from './store-keys.ts'

export const ACTIVATION_CAPABILITIES: ActivationStoreCapabilities = { durable: true, ...ACTIVATION_BOUNDS }

/** Most records that one call of `expire` removes, and one script: nothing else is served while it runs. */
const EXPIRE_MOST = 1000
const EXPIRE_BATCH = 100
const SCAN_PAGE = 100

type Page = { readonly skip: number; readonly limit: number }

/** Activation records in Redis, indexed by start and by name and start. */
export class RedisActivationStore implements ActivationStore {
  readonly capabilities: ActivationStoreCapabilities = ACTIVATION_CAPABILITIES
  readonly #keys: ActivationKeys
  readonly #writer: ActivationWriter
  readonly #session: ConnectionSession
  readonly #logger: Logger

  constructor(settings: RedisConnectionSettings, context: AdapterContext = adapterContext()) {
    this.#keys = new ActivationKeys(settings.keyPrefix)
    this.#logger = context.logger
    this.#writer = new ActivationWriter(this.#keys)
    this.#session = new ConnectionSession('the store of activations on Redis', settings, 'stores', context)
  }

  open(): Promise<void> {
    return this.#session.open()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  put(activation: Activation): Promise<PutOutcome> {
    return this.#session.during((connection) =>
      this.#writer.put(connection, activation, () => this.#textOf(activation)),
    )
  }

  async putProvisional(owner: string, record: Activation): Promise<void> {
    const text = this.#textOf(record)
    const { provisional, provisionalOf, owners, records, ofOwner } = this.#keys
    const name = recordName(record.namespace, record.activationId)
    const args = [records, ofOwner, owner, name, text]
    await this.#session.run((redis) => PUT_PROVISIONAL.run(redis, [provisional, provisionalOf, owners], args))
  }

  async discardProvisional(owner: string, namespace: string, activationId: string): Promise<void> {
    const { provisional, provisionalOf, ofOwner } = this.#keys
    const args = [ofOwner, owner, recordName(namespace, activationId)]
    await this.#session.run((redis) => DISCARD_PROVISIONAL.run(redis, [provisional, provisionalOf], args))
  }

  async finalizeOrphans(owner: string): Promise<number> {
    const { provisional, ofOwner } = this.#keys
    let made = 0
    for (;;) {
      const keys = [provisional, ofOwner + owner]
      const page = listOf(await this.#session.run((redis) => PROVISIONAL.run(redis, keys, [SCAN_PAGE])))
      const records = page.flatMap((text) => (text === null ? [] : (this.#readable(textOf(text)) ?? [])))
      if (records.length === 0) return made
      // What is stored is provisional no more, so that the next page is another.
      const outcomes = await Promise.all(records.map((record) => this.put(record)))
      made += outcomes.filter((outcome) => outcome === 'stored').length
    }
  }

  async owners(): Promise<readonly string[]> {
    const { owners, ofOwner } = this.#keys
    return listOf(await this.#session.run((redis) => OWNERS.run(redis, [owners], [ofOwner]))).map(textOf)
  }

  async get(namespace: string, activationId: string): Promise<Activation | undefined> {
    const key = this.#keys.record(namespace, activationId)
    const [text = null, id = null] = await this.#session.run((redis) => redis.hmget(key, 'f', 'i'))
    return text === null && id === null ? undefined : parseActivation(text ?? '')
  }

  list(query: ActivationQuery & Page & { readonly full: true }): Promise<readonly Activation[]>
  list(query: ActivationQuery & Page & { readonly full: false }): Promise<readonly JsonObject[]>
  async list(
    query: ActivationQuery & Page & { readonly full: boolean },
  ): Promise<readonly Activation[] | readonly JsonObject[]> {
    const { connection } = this.#session
    requirePage(query)
    const { namespace, name, since, upto, skip, limit, full } = query
    const bounds = scoreBounds(since, upto)
    if (!bounds) return []
    const keys = [this.#keys.index(namespace, name)]
    const args = [...bounds, skip, limit, this.#keys.record(namespace, ''), full ? 'f' : 's']
    const reply = await this.#session.during(() => connection.run((redis) => LIST_RECORDS.run(redis, keys, args)))
    const texts = listOf(reply).map(textOf)
    if (full) return texts.flatMap((text) => this.#readable(text) ?? [])
    return texts.flatMap((text): JsonObject[] => {
      const summary = readable(() => parseSummary(text), this.#leaveOut)
      return summary ? [summary] : []
    })
  }

  async count({ namespace, name, since, upto }: ActivationQuery): Promise<number> {
    const { connection } = this.#session
    const bounds = scoreBounds(since, upto)
    if (!bounds) return 0
    const key = this.#keys.index(namespace, name)
    return this.#session.during(() => connection.run((redis) => redis.zcount(key, ...bounds)))
  }

  /** In order of start. */
  async *scan({ after }: { readonly after?: string } = {}): AsyncGenerator<ActivationScanRow, void, undefined> {
    let [start, name] = after === undefined ? ['', ''] : readCursor(after)
    for (;;) {
      const args = [start, name, SCAN_PAGE, this.#keys.records]
      const page = listOf(await this.#session.run((redis) => SCAN_RECORDS.run(redis, [this.#keys.all], args)))
      for (const row of page) {
        const [rowStart, rowName, text] = listOf(row).map(textOf)
        start = rowStart!
        name = rowName!
        yield { cursor: cursorOf(start, name), activation: this.#readable(text!) }
      }
      if (page.length < SCAN_PAGE) return
    }
  }

  readonly #leaveOut = (error: PlatformError): void => {
    this.#logger.error({ err: error }, 'an activation record cannot be read; it is left out')
  }

  #readable(text: string): Activation | undefined {
    return readable(() => parseActivation(text), this.#leaveOut)
  }

  #textOf(activation: Activation): string {
    return boundedActivationText(activation, this.capabilities.maxRecordBytes)
  }

  expire({ before, maxPerNamespace }: ActivationRetention): Promise<number> {
    const { records, byStart, byName, all, namespaces } = this.#keys
    const args = [records, byStart, byName, before ?? '', maxPerNamespace ?? '', EXPIRE_BATCH]
    return this.#session.during(async (connection) => {
      let removed = 0
      for (let last = EXPIRE_BATCH; last === EXPIRE_BATCH && removed < EXPIRE_MOST; removed += last) {
        last = Number(await connection.run((redis) => EXPIRE_RECORDS.run(redis, [all, namespaces], args)))
      }
      return removed
    })
  }
}

function cursorOf(start: string, name: string): string {
  return Buffer.from(`${start} ${name}`).toString('base64url')
}

function readCursor(cursor: string): [start: string, name: string] {
  const text = Buffer.from(cursor, 'base64url').toString()
  const blank = text.indexOf(' ')
  return [text.slice(0, blank), text.slice(blank + 1)]
}
