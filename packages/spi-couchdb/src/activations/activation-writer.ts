import { isPlatformError, PlatformError, type Logger } from '@stemcell/core'
import type { Database } from '../http/database.ts'
import type { RecordBody } from './record-form.ts'
import type { Spill } from './spill.ts'
import type { SpillDrain } from './spill-drain.ts'
import { writeRecords, type PutOutcome } from './write-records.ts'

/** Beyond either, `put` waits before it makes the text of a record. */
const MOST_HELD = 2000
const MOST_HELD_BYTES = 64 * 1024 ** 2
const MOST_PER_BATCH = 500
const MOST_BATCH_BYTES = 4 * 1024 ** 2
const MOST_REQUESTS = 4

interface Held extends RecordBody {
  readonly resolve: (outcome: PutOutcome) => void
  readonly reject: (error: unknown) => void
}

export interface WriterParts {
  readonly database: Database
  readonly logger: Logger
  /** Where records go while the database does not answer. */
  readonly waiting?: { readonly spill: Spill; readonly drain: SpillDrain; readonly afterMs: number } | undefined
}

/**
 * Writes records in batches: those of one turn of the event loop together, and while enough requests are under way,
 * those that come meanwhile. Of records with the same id the first one counts.
 */
export class ActivationWriter {
  readonly #parts: WriterParts
  readonly #underway = new Map<string, Promise<PutOutcome>>()
  readonly #waiting: Held[] = []
  readonly #wantRoom: (() => void)[] = []
  #requests = 0
  #scheduled = false
  #held = 0
  #heldBytes = 0

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  /** `makeBody` is called when there is room for the text. @throws ERR_UNAVAILABLE */
  async put(id: string, makeBody: () => RecordBody): Promise<PutOutcome> {
    while (this.#held >= MOST_HELD || this.#heldBytes >= MOST_HELD_BYTES) {
      await new Promise<void>((resolve) => this.#wantRoom.push(resolve))
    }
    const body = makeBody()
    for (let rival = this.#underway.get(id); rival; rival = this.#underway.get(id)) {
      const stored = await rival.then(
        () => true,
        () => false,
      )
      if (stored) return 'exists'
    }
    if (this.#parts.waiting?.spill.has(id)) return 'exists'
    const outcome = this.#enqueue(body)
    this.#underway.set(id, outcome)
    try {
      return await outcome
    } finally {
      this.#underway.delete(id)
    }
  }

  #enqueue(body: RecordBody): Promise<PutOutcome> {
    return new Promise((resolve, reject) => {
      this.#held++
      this.#heldBytes += body.text.length
      this.#waiting.push({ ...body, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#requests >= MOST_REQUESTS || this.#waiting.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#requests < MOST_REQUESTS && this.#waiting.length > 0) void this.#write(this.#nextBatch())
    })
  }

  #nextBatch(): readonly Held[] {
    let bytes = 0
    let count = 0
    for (const { text } of this.#waiting) {
      if (count > 0 && (count >= MOST_PER_BATCH || bytes + text.length > MOST_BATCH_BYTES)) break
      bytes += text.length
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #write(batch: readonly Held[]): Promise<void> {
    this.#requests++
    try {
      const outcomes = await this.#outcomes(batch)
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index]!
        if (outcome instanceof PlatformError) reject(outcome)
        else resolve(outcome)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
    this.#requests--
    this.#makeRoom(batch)
    this.#schedule()
  }

  /** While the database is known to be down, records go to the disk at once; else only those it did not take. */
  async #outcomes(batch: readonly Held[]): Promise<readonly (PutOutcome | PlatformError)[]> {
    const { database, waiting, logger } = this.#parts
    if (waiting?.drain.isFailing && (await waiting.spill.append(batch))) return batch.map(() => 'stored')
    let outcomes: readonly (PutOutcome | PlatformError)[]
    try {
      outcomes = await writeRecords(waiting ? database.within(waiting.afterMs) : database, batch)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_UNAVAILABLE')) throw error
      outcomes = batch.map(() => error)
      waiting?.drain.noteFailure()
    }
    const refused = batch.filter((_, index) => isPlatformError(outcomes[index], 'ERR_UNAVAILABLE'))
    if (!waiting || refused.length === 0) return outcomes
    if (!(await waiting.spill.append(refused))) {
      logger.error(
        { records: refused.length },
        'the spill folder is full: activations wait until their records can be stored',
      )
      return outcomes
    }
    logger.warn({ records: refused.length }, 'activation records wait on the disk for CouchDB')
    waiting.drain.start()
    return outcomes.map((outcome) => (isPlatformError(outcome, 'ERR_UNAVAILABLE') ? 'stored' : outcome))
  }

  #makeRoom(batch: readonly Held[]): void {
    this.#held -= batch.length
    for (const { text } of batch) this.#heldBytes -= text.length
    // All of them: one that finds its record stored already takes no room and would wake nobody in turn.
    for (const resolve of this.#wantRoom.splice(0)) resolve()
  }
}
