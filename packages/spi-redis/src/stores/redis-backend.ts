import { adapterContext, PlatformError, type AdapterContext } from '@stemcell/core'
import {
  isAttachmentKey,
  type FoundValue,
  type KeyRange,
  type SortedBackend,
  type SortedBatch,
  type SortedEntry,
  type SortedRange,
  type SortedValue,
} from '@stemcell/core/sorted-store'
import { ConnectionSession } from '../connection/connection-session.ts'
import { listOf, textOf, type Argument, type Reply } from '../connection/lua-script.ts'
import type { RedisConnectionSettings } from '../redis-options.ts'
import { DAMAGED, READ_RANGE, WRITE_BATCH } from './sorted-scripts.ts'

/** Documents in Redis: a sorted set of keys, a string for each value. A batch is one script, as is a range. */
export class RedisBackend implements SortedBackend {
  readonly durable = true
  readonly #settings: RedisConnectionSettings
  readonly #session: ConnectionSession
  /** What the keys of values begin with, and the sorted set of all keys. */
  readonly #values: string
  readonly #keys: string

  constructor(settings: RedisConnectionSettings, context: AdapterContext = adapterContext()) {
    this.#settings = settings
    this.#session = new ConnectionSession('the store of documents on Redis', settings, 'stores', context)
    this.#values = `{${settings.keyPrefix}}:documents:value:`
    this.#keys = `{${settings.keyPrefix}}:documents:keys`
  }

  async open(): Promise<void> {
    await this.#session.open()
    try {
      await this.#requireForm()
    } catch (error) {
      await this.#session.close()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  async get(key: string): Promise<SortedValue | undefined> {
    const name = this.#values + key
    const value = await this.#session.run<Buffer | string | null>((redis) =>
      isAttachmentKey(key) ? redis.getBuffer(name) : redis.get(name),
    )
    return value ?? undefined
  }

  async getMany(keys: readonly string[]): Promise<readonly (FoundValue | undefined)[]> {
    if (keys.length === 0) return []
    const names = keys.map((key) => this.#values + key)
    const values = await this.#session.run((redis) => redis.mgetBuffer(names))
    const found = values.map((value, place) => (value ? valueOf(keys[place]!, value) : undefined))
    for (const [place, value] of found.entries()) {
      if (value === undefined) found[place] = await this.#absent(names[place]!, keys[place]!)
    }
    return found
  }

  async range({ gte, lt, reverse, skip, limit }: SortedRange): Promise<readonly SortedEntry[]> {
    const args = [this.#values, gte, lt, reverse ? 1 : 0, skip, limit]
    const reply = listOf(await this.#session.run((redis) => READ_RANGE.run(redis, [this.#keys], args)))
    return Array.from({ length: reply.length / 2 }, (_, place): SortedEntry => {
      const key = textOf(reply[2 * place])
      return [key, valueOf(key, reply[2 * place + 1]!)]
    })
  }

  count({ gte, lt }: KeyRange): Promise<number> {
    return this.#session.run((redis) => redis.zlexcount(this.#keys, `[${gte}`, `(${lt}`))
  }

  async batch({ conditions, operations }: SortedBatch): Promise<boolean> {
    const args: Argument[] = [this.#values, conditions.length]
    for (const { key, value } of conditions) args.push(key, value === undefined ? 0 : 1, value ?? '')
    for (const operation of operations) {
      if (operation.type === 'del') args.push(operation.key, 0, '')
      else args.push(operation.key, 1, argumentOf(operation.value))
    }
    return (await this.#session.run((redis) => WRITE_BATCH.run(redis, [this.#keys], args))) === 1
  }

  /** Nothing under the name, or something that is no string. */
  async #absent(name: string, key: string): Promise<PlatformError | undefined> {
    return (await this.#session.run((redis) => redis.exists(name))) === 1 ? damaged(key) : undefined
  }

  /** @throws ERR_CONFIG the documents there are in the form of an earlier version. */
  async #requireForm(): Promise<void> {
    const { keyPrefix } = this.#settings
    const old = ['entities', 'subjects'].map((store) => `{${keyPrefix}}:${store}:ids`)
    const found = await this.#session.run((redis) => redis.exists(...old))
    if (found === 0) return
    throw new PlatformError(
      'ERR_CONFIG',
      `@stemcell/spi-redis, option 'keyPrefix': Redis holds entities or subjects under '${keyPrefix}' in the form of an earlier version, which this one does not read; take them out with that version (stemcell admin db export), name another prefix, and put them there (stemcell admin db import)`,
    )
  }
}

function valueOf(key: string, reply: Reply): FoundValue {
  if (reply === DAMAGED || !Buffer.isBuffer(reply)) return damaged(key)
  return isAttachmentKey(key) ? reply : reply.toString()
}

function argumentOf(value: SortedValue): string | Buffer {
  return typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

function damaged(key: string): PlatformError {
  const name = key.slice(2).replaceAll('\0', ' ')
  return new PlatformError('ERR_CORRUPT', `Redis holds something else than what was written as '${name}'`)
}
