import {
  parseJson,
  isPlatformError,
  isPromise,
  readActivation,
  type Activation,
  type AdapterContext,
  type JsonObject,
  type MaybePromise,
  type Timer,
} from '@stemcell/core'
import type { ClassicLevel } from 'classic-level'
import { addRecord, recordRows, recordWrite, weightOf, type RecordRows, type RecordWrite } from './record-write.ts'
import type { CommitQueue, Operation } from './commit-queue.ts'
import { hashOfKey } from './known-records/key-filter.ts'
import { KnownRecords } from './known-records/known-records.ts'
import { ProvisionalRecords } from './journal/provisional-records.ts'
import type { Journal } from './journal/journal.ts'
import type { JournalEntry } from './journal/journal-entry.ts'
import { KeySpace, recordKey, STORE_LETTERS } from '@stemcell/core/sorted-store'
import type { CheckedLog } from './record-log/check-log.ts'
import type { NewRecord } from './record-log/log-entry.ts'
import type { FoundRecord, StoredRecords } from './record-log/stored-records.ts'
import { codeOf } from './to-platform-error.ts'

export type PutOutcome = 'stored' | 'exists'

/** A batch is written when it is so large, or so old. */
const BATCH_RECORDS = 200
const BATCH_BYTES = 1024 ** 2
const BATCH_AGE_MS = 50
/** The same after one that the database did not take. */
const RETRY_MS = 1000

/**
 * Beyond either, `put` waits before it makes the text of a record. What is held are the rows of records, no texts. Those
 * of one call are held together.
 */
const MOST_HELD = 2000
const MOST_HELD_BYTES = 64 * 1024 ** 2

/** The journal begins anew beyond this, and beyond twice what is still needed of it. */
const JOURNAL_BYTES = 4 * 1024 ** 2

/** A record that is to be appended to the log. */
interface Accepted extends NewRecord {
  readonly hash: number
  readonly rows: RecordRows
}

export interface ActivationWriterParts {
  readonly db: ClassicLevel
  readonly commits: CommitQueue
  /** Of provisional records. */
  readonly journal: Journal
  readonly records: StoredRecords
  readonly context: AdapterContext
}

/**
 * Stores activation records: each is appended to the log and is safe, batches of what leads to them follow into the
 * database. Of records with the same id the first one counts. One per database.
 */
export class ActivationWriter {
  /** Which records the database has, as far as that is known without asking it. */
  readonly known: KnownRecords
  readonly #keys: KeySpace = activationKeys()
  readonly #db: ClassicLevel
  readonly #commits: CommitQueue
  readonly #journal: Journal
  readonly #records: StoredRecords
  readonly #context: AdapterContext
  readonly #provisional = new ProvisionalRecords()
  /** Provisional records of which the journal does not say yet that there is a record now. */
  #settled: string[] = []
  /**
   * What the database does not have yet, and before it what is being written. Searched from end to end, which is rare: that
   * a record is new is mostly known without. A map of it would cost each record more than that.
   */
  #waiting: RecordWrite[] = []
  #beingWritten: readonly RecordWrite[] = []
  #heldBytes = 0
  #waitingBytes = 0
  #accepted = 0
  #written = 0
  /** The batch under way; never rejects. */
  #writing: Promise<void> | undefined
  /** Why the last batch was not written. */
  #failure: { readonly error: unknown } | undefined
  #timer: Timer | undefined
  #stopped = false

  constructor({ db, commits, journal, records, context }: ActivationWriterParts) {
    this.#db = db
    this.#commits = commits
    this.#journal = journal
    this.#records = records
    this.#context = context
    this.known = new KnownRecords({ db, keys: this.#keys, logger: context.logger, held: () => this.#hashes() })
  }

  /**
   * `makeText` is called when there is room for the text. While the database refuses what it is given, nothing is
   * taken: rejects with its error.
   */
  put(activation: Activation, makeText: (activation: Activation) => string): MaybePromise<PutOutcome> {
    const outcomes = this.putAll([activation], makeText)
    return isPromise(outcomes) ? outcomes.then(([outcome]) => outcome!) : outcomes[0]!
  }

  /** The same for several. After an error none of them counts as stored. */
  putAll(
    activations: readonly Activation[],
    makeText: (activation: Activation) => string,
  ): MaybePromise<readonly PutOutcome[]> {
    return this.#hasRoom ? this.#accept(activations, makeText) : this.#putLater(activations, makeText)
  }

  putProvisional(owner: string, record: Activation, text: string): MaybePromise<void> {
    if (this.#failure) return this.flush().then(() => this.putProvisional(owner, record, text))
    const key = this.#keyOf(record)
    if (this.#findHeld(key, hashOfKey(key))) return
    this.#note({ type: 'provisional', owner, text })
    this.#provisional.set(key, owner, text)
  }

  discardProvisional(owner: string, namespace: string, activationId: string): void {
    const key = recordKey(this.#keys, namespace, activationId)
    if (this.#provisional.isOf(owner, key)) this.#forget(key)
  }

  get owners(): readonly string[] {
    return this.#provisional.owners
  }

  async finalizeOrphans(owner: string): Promise<number> {
    let made = 0
    for (const text of this.#provisional.of(owner)) {
      const record = this.#readable(text)
      if (record && (await this.put(record, () => text)) === 'stored') made++
    }
    return made
  }

  /** The text of a record that the database may not know of yet. @throws ERR_CORRUPT it is not what was written. */
  find(namespace: string, activationId: string): MaybePromise<string | undefined> {
    const key = recordKey(this.#keys, namespace, activationId)
    const held = this.#findHeld(key, hashOfKey(key))
    return held && this.#records.reading(() => this.#records.read(key, held))
  }

  /** Resolves when the database has every record that was accepted before. Rejects with its error. */
  async flush(): Promise<void> {
    const target = this.#accepted
    while (this.#written < target) {
      await (this.#writing ?? this.#writeBatch())
      if (this.#failure) throw this.#failure.error
    }
  }

  /**
   * Takes up what an earlier life left in the log and in the journal.
   * @param repairing a copy of a record counts as one that was told: the reference to it may be lost.
   */
  async replay(log: CheckedLog, entries: readonly JournalEntry[], repairing: boolean): Promise<void> {
    for await (const found of this.#records.tail(log)) {
      if (found.record.type === 'record' || repairing) this.#hold(found)
      if (!this.#hasRoom) await this.flush()
    }
    for (const entry of entries) {
      switch (entry.type) {
        case 'put':
          // Not a word of it may be written into the journal before all of that was read.
          this.#take(entry.text, (record) => {
            this.#provisional.delete(this.#keyOf(record))
            this.#accept([record], () => entry.text)
          })
          break
        case 'provisional':
          this.#take(entry.text, (record) => this.#provisional.set(this.#keyOf(record), entry.owner, entry.text))
          break
        case 'discarded':
          this.#provisional.delete(entry.key)
          break
        case 'begin':
      }
      if (!this.#hasRoom) await this.flush()
    }
    for (const key of this.#provisional.keys()) if (this.#isKnown(key, hashOfKey(key))) this.#provisional.delete(key)
    await this.flush()
    await this.notePosition()
    if (entries.length > 0) this.#beginJournal()
  }

  /** Writes all there is. What the database refuses stays in the log. */
  async close(): Promise<void> {
    try {
      await this.flush()
      await this.#records.log.settled()
      await this.notePosition()
      if (this.#journal.size > 0) this.#beginJournal()
    } catch (err) {
      this.#context.logger.error({ err }, 'activation records stay in their log until the next start')
    }
    this.stop()
    await this.known.stop()
    this.#journal.close()
  }

  /** For a database that is closed without more ado: writes no further batch. */
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  get #hasRoom(): boolean {
    return !this.#failure && this.#heldRecords < MOST_HELD && this.#heldBytes < MOST_HELD_BYTES
  }

  get #heldRecords(): number {
    return this.#beingWritten.length + this.#waiting.length
  }

  *#hashes(): Generator<number> {
    for (const { hash } of this.#beingWritten) yield hash
    for (const { hash } of this.#waiting) yield hash
  }

  async #putLater(
    activations: readonly Activation[],
    makeText: (activation: Activation) => string,
  ): Promise<readonly PutOutcome[]> {
    do await this.flush()
    while (!this.#hasRoom)
    return this.#accept(activations, makeText)
  }

  #accept(activations: readonly Activation[], makeText: (activation: Activation) => string): readonly PutOutcome[] {
    const accepted: Accepted[] = []
    const outcomes = activations.map((activation): PutOutcome => {
      const key = this.#keyOf(activation)
      const hash = hashOfKey(key)
      if (this.#isKnown(key, hash)) {
        this.#forget(key)
        return 'exists'
      }
      // It is not stored yet: a provisional record of it must stay.
      if (accepted.some((other) => other.hash === hash && other.key === key)) return 'exists'
      const text = makeText(activation)
      accepted.push({ key, hash, text, rows: recordRows(activation, text) })
      return 'stored'
    })
    if (accepted.length > 0) this.#append(accepted)
    return outcomes
  }

  #append(accepted: readonly Accepted[]): void {
    const references = this.#records.log.append(accepted)
    for (const [place, { key, hash, rows }] of accepted.entries()) {
      if (this.#provisional.delete(key)) this.#settled.push(key)
      this.#enqueue(recordWrite(key, hash, rows, references[place]!))
    }
  }

  /** The same for a record that is in the log already. */
  #hold({ record: { key, text: bytes }, reference }: FoundRecord): void {
    const hash = hashOfKey(key)
    if (this.#isKnown(key, hash)) return
    const text = bytes.toString()
    this.#take(text, (record) => this.#enqueue(recordWrite(key, hash, recordRows(record, text), reference)))
  }

  #isKnown(key: string, hash: number): boolean {
    return this.known.mayHave(hash) && (this.#findHeld(key, hash) !== undefined || this.#isStored(key))
  }

  #findHeld(key: string, hash: number): RecordWrite | undefined {
    const isIt = (write: RecordWrite): boolean => write.hash === hash && write.key === key
    return this.#waiting.find(isIt) ?? this.#beingWritten.find(isIt)
  }

  #isStored(key: string): boolean {
    try {
      return this.#db.getSync(key) !== undefined
    } catch (error) {
      // Where it would be is damaged: as far as anybody can tell, it is new.
      if (codeOf(error) === 'LEVEL_CORRUPTION') return false
      throw error
    }
  }

  #forget(key: string): void {
    if (!this.#provisional.has(key)) return
    this.#note({ type: 'discarded', key })
    this.#provisional.delete(key)
  }

  /** Only what is needed of it stays. */
  #beginJournal(): void {
    if (this.#provisional.isEmpty) this.#journal.clear()
    else this.#journal.replace(this.#provisional.entries())
    this.#settled = []
  }

  #note(...entries: readonly JournalEntry[]): void {
    if (this.#journal.size > Math.max(JOURNAL_BYTES, 2 * this.#provisional.bytes)) this.#beginJournal()
    this.#journal.append(entries)
  }

  /**
   * Says in the journal which provisional records have become records. Until then the records themselves say so, and must
   * not be removed.
   */
  settle(): void {
    if (this.#settled.length === 0) return
    this.#note(...this.#settled.map((key): JournalEntry => ({ type: 'discarded', key })))
    this.#settled = []
  }

  /** Has the database note that it has all records: the next start does not read them again, and their room can be given back. */
  async notePosition(): Promise<void> {
    const { table, log } = this.#records
    const { segment, at } = log.position
    const isKnown = table.position?.segment === segment && table.position.at === at
    if (this.#heldRecords > 0 || segment === 0 || (isKnown && !table.hasChanges)) return
    await this.#commit([])
  }

  #enqueue(write: RecordWrite): void {
    const weight = weightOf(write)
    this.known.add(write.hash)
    this.#waiting.push(write)
    this.#waitingBytes += weight
    this.#heldBytes += weight
    this.#accepted++
    if (!this.#writing) this.#schedule()
  }

  #schedule(): void {
    if (this.#waiting.length === 0 || this.#stopped) return
    if (!this.#failure && (this.#waiting.length >= BATCH_RECORDS || this.#waitingBytes >= BATCH_BYTES)) {
      void this.#writeBatch()
      return
    }
    this.#timer ??= this.#context.clock.setTimer(this.#failure ? RETRY_MS : BATCH_AGE_MS, () => {
      this.#timer = undefined
      if (!this.#writing) void this.#writeBatch()
    })
  }

  #writeBatch(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const batch = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    this.#beingWritten = batch
    this.#writing = this.#commit(batch)
      .then(
        () => this.#wrote(batch),
        (error: unknown) => this.#failed(batch, error),
      )
      .finally(() => {
        this.#writing = undefined
        this.#schedule()
      })
    return this.#writing
  }

  async #commit(batch: readonly RecordWrite[]): Promise<void> {
    const last = batch.at(-1)
    const end = last ? { segment: last.segment, at: last.at + last.bytes } : this.#records.log.position
    const changes = this.#records.table.changes(end)
    const operations: Operation[] = [...changes.operations]
    const counts = new Map<string, number>()
    let bytes = 0
    for (const write of batch) {
      addRecord(this.#keys, write, operations, counts)
      bytes += weightOf(write)
    }
    await this.#commits.commit({ operations, counts, bytes, lasting: false })
    changes.written()
  }

  #wrote(batch: readonly RecordWrite[]): void {
    this.#failure = undefined
    this.#written += batch.length
    this.#beingWritten = []
    this.#heldBytes = this.#waitingBytes
    try {
      this.settle()
    } catch (err) {
      this.#context.logger.warn({ err }, 'the journal of provisional records could not be written to')
    }
  }

  #failed(batch: readonly RecordWrite[], error: unknown): void {
    this.#context.logger.error({ err: error, records: batch.length }, 'activation records not written yet')
    this.#failure = { error }
    this.#waiting = [...batch, ...this.#waiting]
    this.#beingWritten = []
    this.#waitingBytes = this.#heldBytes
  }

  #take(text: string, take: (record: Activation) => void): void {
    const record = this.#readable(text)
    if (record) take(record)
  }

  /** One record that cannot be read never keeps the others from being taken up. */
  #readable(text: string): Activation | undefined {
    try {
      return readRecord(text)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
      this.#context.logger.error({ err: error }, 'an activation record cannot be read; it is left out')
      return undefined
    }
  }

  #keyOf({ namespace, activationId }: Activation): string {
    return recordKey(this.#keys, namespace, activationId)
  }
}

export function activationKeys(): KeySpace {
  return new KeySpace(STORE_LETTERS.activations)
}

function readRecord(text: string): Activation {
  return readActivation(parseJson(text) as JsonObject)
}
