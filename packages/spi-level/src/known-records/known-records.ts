import { isPlatformError, type Logger } from '@stemcell/core'
import type { KeySpace } from '@stemcell/core/sorted-store'
import type { ClassicLevel } from 'classic-level'
import { readCount } from '../commit-queue.ts'
import { hashOfKey, KeyFilter } from './key-filter.ts'

/** Room for as many again as there are, and for these at least: 0.6 MB. */
const LEAST_CAPACITY = 500_000
/** 32 MB of memory. With more records it is wrong more often, which costs a read of the database each time. */
const MOST_CAPACITY = 26_000_000
/** Read in one go: so that nobody waits for long meanwhile. */
const CHUNK = 250
const ROWS_PER_RECORD = 2
/** A new one is made after so many keys even where it could not be larger: those of removed records leave it then. */
const LEAST_ROOM_SHARE = 0.25

export interface KnownRecordsOptions {
  readonly db: ClassicLevel
  readonly keys: KeySpace
  readonly logger: Logger
  /** What was accepted and may not be in the database yet, by {@link hashOfKey}. */
  readonly held: () => Iterable<number>
}

/**
 * Tells without a read of the database that it has no record under a key. What is there is learnt in the background from
 * all keys; until then, and whenever it is not sure, the answer is that there may be one.
 */
export class KnownRecords {
  readonly #options: KnownRecordsOptions
  #filter: KeyFilter | undefined
  /** The one that is being made; it is told of everything new as well. */
  #next: KeyFilter | undefined
  /** Keys that may be added before another one is made. */
  #room = 0
  #building: Promise<void> | undefined
  #stopped = false

  constructor(options: KnownRecordsOptions) {
    this.#options = options
  }

  /** False only when there is no record under a key of this hash, nor one that was added and is not in the database yet. */
  mayHave(hash: number): boolean {
    return this.#filter?.mayHave(hash) ?? true
  }

  /** A record is about to be stored under a key of this hash. */
  add(hash: number): void {
    this.#next?.add(hash)
    if (!this.#filter) return
    this.#filter.add(hash)
    if (--this.#room < 0) this.learn()
  }

  /** Memory that is used. */
  get bytes(): number {
    return (this.#filter?.bytes ?? 0) + (this.#next?.bytes ?? 0)
  }

  get isReady(): boolean {
    return this.#filter !== undefined
  }

  /** Begins to read all keys; no effect while that is under way. */
  learn(): void {
    if (this.#stopped) return
    this.#building ??= this.#learn().finally(() => {
      this.#building = undefined
      this.#next = undefined
    })
  }

  /** To be called before the database is closed. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#building
  }

  /** Never rejects: whoever cannot be told from memory is told by the database. */
  async #learn(): Promise<void> {
    const { logger } = this.#options
    try {
      const present = await this.#estimate()
      const capacity = Math.min(MOST_CAPACITY, Math.max(LEAST_CAPACITY, 2 * present))
      const filter = await this.#filled(capacity)
      if (!filter) return
      this.#room = Math.max(capacity - filter.added, Math.ceil(capacity * LEAST_ROOM_SHARE))
      this.#filter = filter
    } catch (err) {
      // It is closed to be opened anew, or a part of it cannot be read.
      this.#room = LEAST_CAPACITY
      logger.debug({ err }, 'the keys of the activation records could not be read; the database is asked instead')
    }
  }

  async #filled(capacity: number): Promise<KeyFilter | undefined> {
    const { db, keys, held } = this.#options
    const filter = new KeyFilter(capacity)
    this.#next = filter
    for (const hash of held()) filter.add(hash)
    // Sees what was committed up to here; all that comes later is told to `#next`.
    const iterator = db.keys({ ...keys.all('documents'), fillCache: false })
    try {
      for (let chunk = await iterator.nextv(CHUNK); chunk.length > 0; chunk = await iterator.nextv(CHUNK)) {
        if (this.#stopped) return undefined
        for (const key of chunk) filter.add(hashOfKey(key))
      }
    } finally {
      await iterator.close()
    }
    return filter
  }

  /** How many records there are, as far as the numbers of rows can be read: more or fewer do no harm. */
  async #estimate(): Promise<number> {
    const { db, keys } = this.#options
    let rows = 0
    for await (const [key, sealed] of db.iterator<string, string>(keys.all('counts'))) {
      rows += readableCount(key, sealed)
    }
    return Math.ceil(rows / ROWS_PER_RECORD)
  }
}

function readableCount(key: string, sealed: string): number {
  try {
    return readCount(key, sealed)
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return 0
    throw error
  }
}
