import {
  activationText,
  adapterContext,
  PlatformError,
  readActivation,
  requirePage,
  type Activation,
  type ActivationQuery,
  type ActivationRetention,
  type ActivationStore,
  type ActivationStoreCapabilities,
  type AdapterContext,
  type JsonObject,
} from '@stemcell/core'
import { ConnectionSession } from '../connection/connection-session.ts'
import { listOf, textOf } from '../connection/lua-script.ts'
import type { RedisConnectionSettings } from '../redis-options.ts'
import { EXPIRE_RECORDS, LIST_RECORDS } from './activation-scripts.ts'
import { ActivationWriter, type PutOutcome } from './activation-writer.ts'
import { ActivationKeys, readStored, scoreBounds } from './store-keys.ts'

export const ACTIVATION_CAPABILITIES: ActivationStoreCapabilities = { durable: true, maxRecordBytes: 16 * 1024 ** 2 }

/** Most records that one call of `expire` removes, and one script: nothing else is served while it runs. */
const EXPIRE_MOST = 1000
const EXPIRE_BATCH = 100

type Page = { readonly skip: number; readonly limit: number }

/** Activation records in Redis, indexed by start and by name and start. */
export class RedisActivationStore implements ActivationStore {
  readonly capabilities: ActivationStoreCapabilities = ACTIVATION_CAPABILITIES
  readonly #keys: ActivationKeys
  readonly #writer: ActivationWriter
  readonly #session: ConnectionSession

  constructor(settings: RedisConnectionSettings, context: AdapterContext = adapterContext()) {
    this.#keys = new ActivationKeys(settings.keyPrefix)
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
      this.#writer.put(connection, activation, () => {
        const text = activationText(activation)
        if (Buffer.byteLength(text) > this.capabilities.maxRecordBytes) {
          throw new PlatformError('ERR_TOO_LARGE', `record is larger than ${this.capabilities.maxRecordBytes} bytes`)
        }
        return text
      }),
    )
  }

  async get(namespace: string, activationId: string): Promise<Activation | undefined> {
    const text = await this.#session.run((redis) => redis.hget(this.#keys.record(namespace, activationId), 'f'))
    return text === null ? undefined : parseRecord(text)
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
    return full
      ? texts.map(parseRecord)
      : texts.map((text) => readStored('a summary', () => JSON.parse(text) as JsonObject))
  }

  async count({ namespace, name, since, upto }: ActivationQuery): Promise<number> {
    const { connection } = this.#session
    const bounds = scoreBounds(since, upto)
    if (!bounds) return 0
    const key = this.#keys.index(namespace, name)
    return this.#session.during(() => connection.run((redis) => redis.zcount(key, ...bounds)))
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

function parseRecord(text: string): Activation {
  return readStored('an activation record', () => readActivation(JSON.parse(text) as JsonObject))
}
