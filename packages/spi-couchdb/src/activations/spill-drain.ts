import { isPlatformError, PlatformError, type AdapterContext } from '@stemcell/core'
import type { Database } from '../http/database.ts'
import type { Spill } from './spill.ts'
import { PROVISIONAL, type ProvisionalRecords } from './provisional-records.ts'
import type { RecordBody } from './record-form.ts'
import { refusalOf, writeRecords } from './write-records.ts'

const MOST_PER_BATCH = 500
const MOST_BATCH_BYTES = 4 * 1024 ** 2
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 5_000

export interface DrainParts {
  readonly database: Database
  readonly spill: Spill
  readonly context: AdapterContext
  readonly provisional: Pick<ProvisionalRecords, 'waitingRecordStored' | 'replay'>
}

/** Brings spilled records into the database, as soon as it answers again. */
export class SpillDrain {
  readonly #parts: DrainParts
  readonly #stopping = new AbortController()
  #pass: Promise<void> | undefined
  #loop: Promise<void> | undefined
  #failing = false

  constructor(parts: DrainParts) {
    this.#parts = parts
  }

  /** The last attempt failed: the database is probably still down. */
  get isFailing(): boolean {
    return this.#failing && this.#parts.spill.size > 0
  }

  /** The database did not answer somebody else: until it answers here, nobody need wait for it. */
  noteFailure(): void {
    this.#failing = true
  }

  /** Sees to it that all that waits is stored sooner or later. */
  start(): void {
    this.#loop ??= this.#untilEmpty().finally(() => {
      this.#loop = undefined
      // Something came between the last look and now.
      if (this.#parts.spill.size > 0 && !this.#stopping.signal.aborted) this.start()
    })
  }

  /** Resolves once everything that waits now is in the database. @throws ERR_UNAVAILABLE it cannot be reached. */
  async drained(): Promise<void> {
    while (this.#parts.spill.size > 0) await this.#once()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #untilEmpty(): Promise<void> {
    const { clock, logger } = this.#parts.context
    let pauseMs = FIRST_PAUSE_MS
    while (this.#parts.spill.size > 0 && !this.#stopping.signal.aborted) {
      try {
        await this.#once()
        pauseMs = FIRST_PAUSE_MS
      } catch (err) {
        logger.warn({ err, waiting: this.#parts.spill.size }, 'spilled activation records cannot be stored yet')
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
    const batch = await this.#parts.spill.oldest(MOST_PER_BATCH, MOST_BATCH_BYTES)
    if (batch.length === 0) return
    try {
      // Before they are forgotten here: what fails now is done again.
      const refused = [...(await this.#storeRecords(batch)), ...(await this.#replay(batch))]
      if (refused.length > 0) await this.#putAside(refused)
      this.#failing = false
    } catch (error) {
      this.#failing = true
      throw error
    }
    await this.#parts.spill.drop(batch.length)
  }

  /** Returns those that the database will never take. */
  async #storeRecords(batch: readonly RecordBody[]): Promise<readonly RecordBody[]> {
    const records = batch.filter(({ id }) => !id.startsWith(PROVISIONAL))
    if (records.length === 0) return []
    const outcomes = await writeRecords(this.#parts.database, records)
    const failure = outcomes.find((outcome) => isPlatformError(outcome, 'ERR_UNAVAILABLE'))
    if (failure instanceof PlatformError) throw failure
    for (const [index, { id }] of records.entries()) {
      if (!(outcomes[index] instanceof PlatformError)) await this.#parts.provisional.waitingRecordStored(id)
    }
    return records.filter((_, index) => outcomes[index] instanceof PlatformError)
  }

  /** After the records: their provisional ones have no effect any more. */
  async #replay(batch: readonly RecordBody[]): Promise<readonly RecordBody[]> {
    const refused: RecordBody[] = []
    for (const line of batch.filter(({ id }) => id.startsWith(PROVISIONAL))) {
      try {
        await this.#parts.provisional.replay(line.text)
      } catch (error) {
        if (!refusalOf(error)) throw error
        refused.push(line)
      }
    }
    return refused
  }

  /** They were accepted when the server's own bounds were not known. */
  async #putAside(refused: readonly RecordBody[]): Promise<void> {
    const file = await this.#parts.spill.putAside(refused)
    const ids = refused.map(({ id }) => id)
    this.#parts.context.logger.error({ file, ids }, 'CouchDB refuses activation records, which stay in this file')
  }
}
