import { activationFilterName, activationSummary, type Activation } from '@stemcell/core'
import type { Operation } from './commit-queue.ts'
import type { KeySpace, RowAddress } from './key-space.ts'
import type { LevelDatabase } from './level-database.ts'

export type PutOutcome = 'stored' | 'exists'

/** Beyond either, `put` waits before it makes the text of a record. */
const MOST_HELD = 2000
const MOST_HELD_BYTES = 64 * 1024 ** 2

interface Held {
  readonly key: string
  readonly activation: Activation
  readonly text: string
  readonly resolve: (outcome: PutOutcome) => void
  readonly reject: (error: unknown) => void
}

/**
 * Writes records in batches. One that comes while nothing is written goes at once; those that come meanwhile are the
 * next batch. Of records with the same id the first one counts.
 */
export class ActivationWriter {
  readonly #keys: KeySpace
  readonly #underway = new Map<string, Promise<PutOutcome>>()
  #waiting: Held[] = []
  #writing = false
  #held = 0
  #heldBytes = 0
  readonly #wantRoom: (() => void)[] = []

  constructor(keys: KeySpace) {
    this.#keys = keys
  }

  /** `makeText` is called when there is room for the text. */
  async put(database: LevelDatabase, activation: Activation, makeText: () => string): Promise<PutOutcome> {
    const key = recordKey(this.#keys, activation.namespace, activation.activationId)
    while (this.#held >= MOST_HELD || this.#heldBytes >= MOST_HELD_BYTES) {
      await new Promise<void>((resolve) => this.#wantRoom.push(resolve))
    }
    const text = makeText()
    for (let rival = this.#underway.get(key); rival; rival = this.#underway.get(key)) {
      const stored = await rival.then(
        () => true,
        () => false,
      )
      if (stored) return 'exists'
    }
    const outcome = this.#enqueue(database, key, activation, text)
    this.#underway.set(key, outcome)
    try {
      return await outcome
    } finally {
      this.#underway.delete(key)
    }
  }

  #enqueue(database: LevelDatabase, key: string, activation: Activation, text: string): Promise<PutOutcome> {
    return new Promise((resolve, reject) => {
      this.#held++
      this.#heldBytes += text.length
      this.#waiting.push({ key, activation, text, resolve, reject })
      if (!this.#writing) void this.#writeAll(database)
    })
  }

  async #writeAll(database: LevelDatabase): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        const existing = await this.#write(database, batch)
        for (const [index, { resolve }] of batch.entries()) resolve(existing[index] ? 'exists' : 'stored')
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      this.#makeRoom(batch)
    }
    this.#writing = false
  }

  async #write({ db, commits }: LevelDatabase, batch: readonly Held[]): Promise<readonly boolean[]> {
    const existing = await db.hasMany(batch.map(({ key }) => key))
    const operations: Operation[] = []
    const counts = new Map<string, number>()
    let bytes = 0
    for (const [index, { key, activation, text }] of batch.entries()) {
      if (existing[index]) continue
      const summary = JSON.stringify(activationSummary(activation))
      operations.push({ type: 'put', key, value: text })
      for (const row of activationRows(activation)) {
        operations.push({ type: 'put', key: this.#keys.row(activation.activationId, row), value: summary })
        const countKey = this.#keys.rowCount(row.index, row.partition)
        counts.set(countKey, (counts.get(countKey) ?? 0) + 1)
      }
      bytes += text.length + 2 * summary.length
    }
    if (operations.length > 0) await commits.commit({ operations, counts, bytes, lasting: false })
    return existing
  }

  #makeRoom(batch: readonly Held[]): void {
    this.#held -= batch.length
    for (const { text } of batch) this.#heldBytes -= text.length
    // All of them: one that finds its record stored already takes no room and would wake nobody in turn.
    for (const resolve of this.#wantRoom.splice(0)) resolve()
  }
}

export function recordKey(keys: KeySpace, namespace: string, activationId: string): string {
  return keys.document(`${namespace}/${activationId}`)
}

/** The index of all records of a namespace, and that of those with one name. */
export const BY_START = 'start'
export const BY_NAME = 'name'

/** A NUL is in no name, so that no pair reads like another. */
export function namePartition(namespace: string, name: string): string {
  return `${namespace}\0${name}`
}

/** A summary of a record is enough to find its rows again. */
export function activationRows(
  activation: Pick<Activation, 'namespace' | 'name' | 'annotations' | 'start'>,
): readonly RowAddress[] {
  const { namespace, start: order } = activation
  const name = namePartition(namespace, activationFilterName(activation))
  return [
    { index: BY_START, partition: namespace, order, place: 0 },
    { index: BY_NAME, partition: name, order, place: 0 },
  ]
}
