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
/** Beyond either, `put` waits before it makes the text of a record. */
const MOST_HELD = 2000
const MOST_HELD_BYTES = 64 * 1024 ** 2
/** Batches under way at once: one that Redis works on, one on its way. */
const MOST_UNDER_WAY = 2

interface Held {
  readonly activation: Activation
  readonly text: string
  readonly resolve: (outcome: PutOutcome) => void
  readonly reject: (error: unknown) => void
}

/** Writes records in batches: one that comes while there is room goes at once, those that come meanwhile together. */
export class ActivationWriter {
  readonly #keys: ActivationKeys
  #waiting: Held[] = []
  #underWay = 0
  #held = 0
  #heldBytes = 0
  readonly #wantRoom: (() => void)[] = []

  constructor(keys: ActivationKeys) {
    this.#keys = keys
  }

  /** `makeText` is called when there is room for the text. */
  async put(connection: RedisConnection, activation: Activation, makeText: () => string): Promise<PutOutcome> {
    while (this.#held >= MOST_HELD || this.#heldBytes >= MOST_HELD_BYTES) {
      await new Promise<void>((resolve) => this.#wantRoom.push(resolve))
    }
    const text = makeText()
    this.#held++
    this.#heldBytes += text.length
    try {
      return await new Promise<PutOutcome>((resolve, reject) => {
        this.#waiting.push({ activation, text, resolve, reject })
        this.#startBatches(connection)
      })
    } finally {
      this.#held--
      this.#heldBytes -= text.length
      this.#wantRoom.shift()?.()
    }
  }

  #startBatches(connection: RedisConnection): void {
    while (this.#waiting.length > 0 && this.#underWay < MOST_UNDER_WAY) {
      this.#underWay++
      void this.#write(connection, this.#takeBatch()).then(() => {
        this.#underWay--
        this.#startBatches(connection)
      })
    }
  }

  #takeBatch(): Held[] {
    let bytes = 0
    let end = 0
    while (end < this.#waiting.length && end < BATCH_RECORDS && bytes < BATCH_BYTES) {
      bytes += this.#waiting[end++]!.text.length
    }
    return this.#waiting.splice(0, end)
  }

  async #write(connection: RedisConnection, batch: readonly Held[]): Promise<void> {
    const { records, byStart, byName, all, namespaces, provisional, provisionalOf, ofOwner } = this.#keys
    const keys = [all, namespaces, provisional, provisionalOf]
    const args: Argument[] = [records, byStart, byName, ofOwner]
    for (const { activation, text } of batch) {
      args.push(
        escapeName(activation.namespace),
        escapeName(activation.activationId),
        escapeName(activationFilterName(activation)),
      )
      args.push(activation.start, text, stringifyJson(activationSummary(activation)))
    }
    try {
      const outcomes = listOf(await connection.run((redis) => PUT_RECORDS.run(redis, keys, args)))
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] === 1 ? 'stored' : 'exists')
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
