import type { Logger, MaybePromise, PlatformError } from '@stemcell/core'
import type { HighWaterMark } from '../high-water-mark.ts'
import type { Wholeness } from '../wholeness.ts'
import { checkLog, type CheckedLog } from './check-log.ts'
import { scanSegment, type LoggedRecord } from './log-entry.ts'
import { ReadGenerations } from './read-generations.ts'
import { readRecord, readRecords, type WantedRecord } from './read-records.ts'
import { RecordLog } from './record-log.ts'
import { readReference, type Reference } from './reference.ts'
import { isRecordKey } from './live-bytes.ts'
import { SegmentFiles } from './segment-files.ts'
import { SegmentTable } from './segment-table.ts'

const SEGMENT_BYTES = 16 * 1024 ** 2

export interface StoredRecordsOptions {
  /** Folder of the database. */
  readonly dir: string
  readonly mark: HighWaterMark
  readonly logger: Logger
  /** A new segment begins behind the entry that reaches this; 16 MB when not given. */
  readonly segmentBytes?: number | undefined
}

/** A record that was found in the log. */
export interface FoundRecord {
  readonly record: LoggedRecord
  readonly reference: Reference
}

/** The texts of activation records, which are beside the database; it says where each of them is. */
export class StoredRecords {
  readonly files: SegmentFiles
  readonly log: RecordLog
  readonly #generations = new ReadGenerations()
  readonly #logger: Logger
  #table = new SegmentTable()

  constructor({ dir, mark, logger, segmentBytes = SEGMENT_BYTES }: StoredRecordsOptions) {
    this.files = new SegmentFiles(dir)
    this.#logger = logger
    this.log = new RecordLog({
      files: this.files,
      mark,
      logger,
      segmentBytes,
      sealed: (segment, bytes) => this.#table.seal(segment, bytes),
      synced: (segment, bytes) => this.#table.synced(segment, bytes),
    })
  }

  get table(): SegmentTable {
    return this.#table
  }

  /**
   * To be followed by {@link resume}. @param repairing all of the log is the tail.
   * @throws ERR_CORRUPT something that was acknowledged is gone.
   */
  check(table: SegmentTable, wholeness: Wholeness, repairing: boolean): CheckedLog {
    this.#table = table
    const { files } = this
    return checkLog({ files, table, wholeness, logger: this.#logger, whole: repairing })
  }

  /** From here on records are appended. */
  resume({ tail, end, canContinue }: CheckedLog): void {
    for (const segment of this.#table.gone) {
      this.files.remove(segment)
      this.#table.forget(segment)
    }
    this.log.follow(end)
    if (canContinue) this.log.continue(end)
    else this.files.cut(end.segment, end.at)
    for (const { segment, to } of tail) {
      const isActive = canContinue && segment === end.segment
      if (!isActive && this.#table.sealed.get(segment)?.bytes !== to) this.#table.seal(segment, to)
    }
  }

  /** The records in the tail, in the order in which they were written. */
  async *tail({ tail }: CheckedLog): AsyncGenerator<FoundRecord, void, undefined> {
    for (const { segment, from, to } of tail) {
      const { entries } = scanSegment(await this.files.read(segment, from, to - from))
      for (const record of entries) {
        if (record.type === 'begin') continue
        yield { record, reference: { segment, at: from + record.at, bytes: record.bytes } }
      }
    }
  }

  /** The text of the record. @throws ERR_CORRUPT it is not there, or not what was written. */
  read(key: string, reference: Reference): Promise<string> {
    return readRecord(this.files, { key, reference })
  }

  /** What is stored under a key, given what the database has there. @throws ERR_CORRUPT as {@link read}. */
  resolve(key: string, value: string): MaybePromise<string> {
    const reference = isRecordKey(key) ? readReference(value) : undefined
    return reference ? this.read(key, reference) : value
  }

  /** The same for several: an error stands in the place of what cannot be read. */
  async resolveAll<T>(
    entries: readonly (readonly [key: string, value: string | T])[],
  ): Promise<(string | PlatformError | T)[]> {
    const values = entries.map(([, value]): string | PlatformError | T => value)
    const wanted: (WantedRecord & { readonly place: number })[] = []
    for (const [place, [key, value]] of entries.entries()) {
      const reference = typeof value === 'string' && isRecordKey(key) ? readReference(value) : undefined
      if (reference) wanted.push({ key, reference, place })
    }
    if (wanted.length === 0) return values
    const texts = await readRecords(this.files, wanted)
    for (const [index, { place }] of wanted.entries()) values[place] = texts[index]!
    return values
  }

  /** Reads whose references were read within: what they lead to stays there meanwhile. */
  reading<T>(read: () => MaybePromise<T>): Promise<T> {
    return this.#generations.read(read)
  }

  /** Resolves when nobody reads any more who may have a reference to what was given up by now. */
  unread(): Promise<void> {
    return this.#generations.left()
  }

  async close(): Promise<void> {
    await this.log.close()
    this.files.close()
  }
}
