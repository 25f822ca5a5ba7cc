import { isPlatformError, PlatformError, type AdapterContext } from '@stemcell/core'
import type { Database } from '../http/database.ts'
import type { Spill } from './spill.ts'
import { writeRecords } from './write-records.ts'

const MOST_PER_BATCH = 500
const MOST_BATCH_BYTES = 4 * 1024 ** 2
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 5_000

export interface DrainParts {
  readonly database: Database
  readonly spill: Spill
  readonly context: AdapterContext
  /** Called for each record that waited and is in the database now. */
  readonly stored: (id: string) => Promise<void>
}

/** Brings spilled records into the database, as soon as it answers again. */
export class SpillDrain {
  readonly #database: Database
  readonly #spill: Spill
  readonly #context: AdapterContext
  readonly #stored: DrainParts['stored']
  readonly #stopping = new AbortController()
  #pass: Promise<void> | undefined
  #loop: Promise<void> | undefined
  #failing = false

  constructor({ database, spill, context, stored }: DrainParts) {
    this.#database = database
    this.#spill = spill
    this.#context = context
    this.#stored = stored
  }

  /** The last attempt failed: the database is probably still down. */
  get isFailing(): boolean {
    return this.#failing && this.#spill.size > 0
  }

  /** Sees to it that all that waits is stored sooner or later. */
  start(): void {
    this.#loop ??= this.#untilEmpty().finally(() => (this.#loop = undefined))
  }

  /** Resolves once everything that waits now is in the database. @throws ERR_UNAVAILABLE it cannot be reached. */
  async drained(): Promise<void> {
    while (this.#spill.size > 0) await this.#once()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #untilEmpty(): Promise<void> {
    const { clock, logger } = this.#context
    let pauseMs = FIRST_PAUSE_MS
    while (this.#spill.size > 0 && !this.#stopping.signal.aborted) {
      try {
        await this.#once()
        pauseMs = FIRST_PAUSE_MS
      } catch (err) {
        logger.warn({ err, waiting: this.#spill.size }, 'spilled activation records cannot be stored yet')
        await clock.sleep(pauseMs, this.#stopping.signal)
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
      }
    }
  }

  /** Concurrent callers share one batch. */
  #once(): Promise<void> {
    this.#pass ??= this.#writeBatch().finally(() => (this.#pass = undefined))
    return this.#pass
  }

  async #writeBatch(): Promise<void> {
    const batch = await this.#spill.oldest(MOST_PER_BATCH, MOST_BATCH_BYTES)
    if (batch.length === 0) return
    try {
      const outcomes = await writeRecords(this.#database, batch)
      const failure = outcomes.find((outcome) => isPlatformError(outcome, 'ERR_UNAVAILABLE'))
      if (failure instanceof PlatformError) throw failure
      // Before they are forgotten here: what fails now is done again.
      for (const [index, { id }] of batch.entries()) {
        if (!(outcomes[index] instanceof PlatformError)) await this.#stored(id)
      }
      const refused = batch.filter((_, index) => outcomes[index] instanceof PlatformError)
      if (refused.length > 0) {
        // They were accepted when the server's own bounds were not known.
        const file = await this.#spill.putAside(refused)
        const fields = {
          file,
          ids: refused.map(({ id }) => id),
          err: outcomes.find((outcome) => outcome instanceof Error),
        }
        this.#context.logger.error(fields, 'CouchDB refuses activation records, which stay in this file')
      }
      this.#failing = false
    } catch (error) {
      this.#failing = true
      throw error
    }
    await this.#spill.drop(batch.length)
  }
}
