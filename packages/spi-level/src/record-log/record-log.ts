import { closeSync, fdatasync as fdatasyncCallback, fstatSync, ftruncateSync, readSync, rmSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Logger } from '@stemcell/core'
import type { HighWaterMark } from '../high-water-mark.ts'
import { encodeBeginning, encodeMoved, scanSegment, type LoggedRecord, type NewRecord } from './log-entry.ts'
import { LogOutput, writeWhole } from './log-output.ts'
import type { Reference } from './reference.ts'
import type { SegmentFiles } from './segment-files.ts'

const fdatasync = promisify(fdatasyncCallback)

/** When none could be begun, the present one grows by so much before it is tried again. */
const RETRY_BYTES = 1024 ** 2

/** A place in the log: all of the segments before, and so many bytes of this one. */
export interface LogPosition {
  readonly segment: number
  readonly at: number
}

interface Active {
  readonly segment: number
  readonly file: number
  size: number
  /** Where the entries begin that were appended last. */
  lastAt: number
  /** An append failed: what it left is cut off, and what is before it read again, before the next one. */
  torn: boolean
  /** A new segment is begun beyond this. */
  fullAt: number
  /** The file must not be closed before. */
  used?: Promise<void>
}

const ignore = (): void => undefined

export interface RecordLogOptions {
  readonly files: SegmentFiles
  readonly mark: HighWaterMark
  readonly logger: Logger
  /** A new segment begins behind the entry that reaches this. */
  readonly segmentBytes: number
  /** Nothing is added to the segment any more. */
  readonly sealed: (segment: number, bytes: number) => void
  /** It is on the disk. */
  readonly synced: (segment: number, bytes: number) => void
}

/**
 * The texts of records, in numbered files of which the last is appended to, in a few microseconds each. Where one was
 * written it stays. What was appended survives the death of the process, as it is with the operating system; a segment is
 * brought to the disk when it is full. The mark says how much was acknowledged.
 * Appending is synchronous and throws the system's error. The lock of the database must be held.
 */
export class RecordLog {
  readonly #options: RecordLogOptions
  #active: Active | undefined
  /** The last segment there is or was. */
  #last: LogPosition = { segment: 0, at: 0 }
  readonly #syncing = new Set<Promise<void>>()

  constructor(options: RecordLogOptions) {
    this.#options = options
  }

  /** The end. */
  get position(): LogPosition {
    return this.#active ? { segment: this.#active.segment, at: this.#active.size } : this.#last
  }

  /** The next segment comes behind this one, which ended there. */
  follow(last: LogPosition): void {
    this.#last = last
  }

  /** Goes on in a segment that an earlier life left, of which so much is whole; what is behind that is cut off. */
  continue({ segment, at }: LogPosition): void {
    const file = this.#options.files.reopen(segment)
    try {
      ftruncateSync(file, at)
    } catch (error) {
      closeSync(file)
      throw error
    }
    this.#active = { segment, file, size: at, lastAt: at, torn: false, fullAt: this.#options.segmentBytes }
  }

  /** All of them, with one write where they are small, or none. */
  append(records: readonly NewRecord[]): readonly Reference[] {
    return this.#append((out) => records.map((record) => out.put(record)))
  }

  /** Of a copy nobody is told. */
  appendMoved(record: LoggedRecord): Reference {
    return this.#append((out) => out.write(encodeMoved(record)))
  }

  /** Resolves when all that was appended before is on the disk. */
  async sync(): Promise<void> {
    await Promise.all(this.#syncing)
    const active = this.#active
    if (!active) return
    const syncing = fdatasync(active.file).then(() => this.#options.files.syncFolder())
    active.used = syncing.then(ignore, ignore)
    await syncing
  }

  /** Resolves when no full segment is on its way to the disk. */
  async settled(): Promise<void> {
    await Promise.all(this.#syncing)
  }

  async close(): Promise<void> {
    await this.settled()
    const active = this.#active
    if (!active) return
    this.#last = { segment: active.segment, at: active.size }
    this.#active = undefined
    closeSync(active.file)
  }

  #append<T>(fill: (out: LogOutput) => T): T {
    const active = this.#writable()
    const out = new LogOutput(active)
    let filled: T
    try {
      filled = fill(out)
      out.flush()
      this.#options.mark.loggedSoon(active.segment, out.end)
    } catch (error) {
      active.torn = true
      throw error
    }
    active.lastAt = active.size
    active.size = out.end
    return filled
  }

  #writable(): Active {
    const active = this.#active
    if (!active) return this.#begin(this.#last)
    if (active.torn) this.#mend(active)
    if (active.size < active.fullAt) return active
    try {
      const next = this.#begin({ segment: active.segment, at: active.size })
      this.#seal(active)
      return next
    } catch (err) {
      this.#options.logger.warn({ err }, 'no new file of records could be begun; the present one grows')
      active.fullAt = active.size + RETRY_BYTES
      return active
    }
  }

  #begin(previous: LogPosition): Active {
    const segment = previous.segment + 1
    const file = this.#options.files.create(segment)
    try {
      const beginning = encodeBeginning({ segment, previous: previous.segment, previousBytes: previous.at })
      writeWhole(file, beginning, 0, beginning.length, 0)
      this.#options.mark.logged(segment, beginning.length)
      this.#active = {
        segment,
        file,
        size: beginning.length,
        lastAt: 0,
        torn: false,
        fullAt: this.#options.segmentBytes,
      }
      return this.#active
    } catch (error) {
      closeSync(file)
      // Where there is no room, it must not take what is left.
      rmSync(this.#options.files.pathOf(segment), { force: true })
      throw error
    }
  }

  #seal(active: Active): void {
    this.#options.sealed(active.segment, active.size)
    const syncing = this.#bringToDisk(active).finally(() => this.#syncing.delete(syncing))
    this.#syncing.add(syncing)
  }

  /** And closes it. Never rejects. */
  async #bringToDisk({ segment, file, size, used }: Active): Promise<void> {
    try {
      await fdatasync(file)
      await this.#options.files.syncFolder()
      this.#options.synced(segment, size)
    } catch (err) {
      this.#options.logger.error({ err, segment }, 'a file of records could not be brought to the disk')
    }
    await used
    closeSync(file)
  }

  #mend(active: Active): void {
    const { segment, file, size, lastAt } = active
    ftruncateSync(file, size)
    const last = Buffer.alloc(size - lastAt)
    const read = readSync(file, last, 0, last.length, lastAt)
    const { wholeBytes, damagedAt } = scanSegment(last.subarray(0, read))
    if (fstatSync(file).size !== size || wholeBytes !== last.length || damagedAt.length > 0) {
      throw new Error(`what was acknowledged is not in ${this.#options.files.pathOf(segment)} any more`)
    }
    active.torn = false
  }
}
