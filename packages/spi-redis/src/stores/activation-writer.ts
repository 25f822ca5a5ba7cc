import { activationFilterName, activationSummary, stringifyJson, type Activation } from '@stemcell/core'
import { escapeName } from '@stemcell/core/sorted-store'
import { listOf, type Argument } from '../connection/lua-script.ts'
import type { RedisConnection } from '../connection/redis-connection.ts'
import { PUT_RECORDS } from './activation-scripts.ts'
import type { ActivationKeys } from './store-keys.ts'

export type PutOutcome = 'stored' | 'exists'

/** Of one script: nothing else is served while it runs. */
const BATCH_RECORDS = 100
const BATCH_BYTES = 4 * 1024 ** 2
/** Beyond either, no text of a record is made: records wait as they are. */
const MOST_HELD = 2000
const MOST_HELD_BYTES = 64 * 1024 ** 2
/** Batches under way at once: one that Redis works on, one on its way. */
const MOST_UNDER_WAY = 2

interface Put {
  readonly connection: RedisConnection
  readonly activation: Activation
  readonly makeText: () => string
  readonly resolve: (outcome: PutOutcome) => void
  readonly reject: (error: unknown) => void
}

interface Held {
  readonly put: Put
  readonly text: string
}

/** Writes records in batches: those of one turn of the event loop together, and those that come while there is no room. */
export class ActivationWriter {
  readonly #keys: ActivationKeys
  /** What has no text yet, in order. */
  #coming: Put[] = []
  #waiting: Held[] = []
  #goesOn = false
  #underWay = 0
  #held = 0
  #heldBytes = 0

  constructor(keys: ActivationKeys) {
    this.#keys = keys
  }

  /** `makeText` is called when there is room for the text. */
  put(connection: RedisConnection, activation: Activation, makeText: () => string): Promise<PutOutcome> {
    return new Promise<PutOutcome>((resolve, reject) => {
      this.#coming.push({ connection, activation, makeText, resolve, reject })
      // The result, which a caller waits for, is published in the same turn, and goes before its record.
      if (this.#goesOn) return
      this.#goesOn = true
      setImmediate(() => {
        this.#goesOn = false
        this.#goOn()
      })
    })
  }

  #goOn(): void {
    this.#admit()
    while (this.#waiting.length > 0 && this.#underWay < MOST_UNDER_WAY) {
      const batch = this.#takeBatch()
      this.#underWay++
      void this.#write(batch).then(() => {
        this.#underWay--
        this.#held -= batch.length
        for (const { text } of batch) this.#heldBytes -= text.length
        this.#goOn()
      })
    }
  }

  #admit(): void {
    let end = 0
    while (end < this.#coming.length && this.#held < MOST_HELD && this.#heldBytes < MOST_HELD_BYTES) {
      const put = this.#coming[end++]!
      try {
        const text = put.makeText()
        this.#held++
        this.#heldBytes += text.length
        this.#waiting.push({ put, text })
      } catch (error) {
        put.reject(error)
      }
    }
    this.#coming.splice(0, end)
  }

  #takeBatch(): Held[] {
    const [first] = this.#waiting
    let bytes = 0
    let end = 0
    while (end < this.#waiting.length && end < BATCH_RECORDS && bytes < BATCH_BYTES) {
      const { put, text } = this.#waiting[end]!
      if (put.connection !== first!.put.connection) break
      bytes += text.length
      end++
    }
    return this.#waiting.splice(0, end)
  }

  async #write(batch: readonly Held[]): Promise<void> {
    const { records, byStart, byName, all, namespaces, provisional, provisionalOf, ofOwner } = this.#keys
    const keys = [all, namespaces, provisional, provisionalOf]
    const args: Argument[] = [records, byStart, byName, ofOwner]
    for (const { put, text } of batch) {
      const { activation } = put
      args.push(
        escapeName(activation.namespace),
        escapeName(activation.activationId),
        escapeName(activationFilterName(activation)),
      )
      args.push(activation.start, text, stringifyJson(activationSummary(activation)))
    }
    try {
      const outcomes = listOf(await batch[0]!.put.connection.run((redis) => PUT_RECORDS.run(redis, keys, args)))
      for (const [index, { put }] of batch.entries()) put.resolve(outcomes[index] === 1 ? 'stored' : 'exists')
    } catch (error) {
      for (const { put } of batch) put.reject(error)
    }
  }
}
