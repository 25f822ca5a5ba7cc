import { isPlatformError } from '@stemcell/core'
import type { ClassicLevel } from 'classic-level'
import type { Operation } from '../commit-queue.ts'
import { eachEntry } from '../read-rows.ts'
import { openText } from '../sealed-value.ts'
import type { LogPosition } from './record-log.ts'

const POSITION_KEY = 'mrecords'
const PREFIX = 'msegment'
const SEGMENTS = { gte: PREFIX, lt: `${PREFIX}:` } as const
const DIGITS = 10
const GONE = 'gone'
const SYNCED = ' synced'

/** A segment that nothing is added to any more. */
export interface SealedSegment {
  /** Its length. */
  readonly bytes: number
  /** It is on the disk, so that it outlives a loss of power. */
  readonly synced: boolean
}

/** What the database says of the log, and what it is to be told with the next batch. */
export class SegmentTable {
  readonly #sealed = new Map<number, SealedSegment>()
  /** Given up; their files may still be there. */
  readonly #gone = new Set<number>()
  #position: LogPosition | undefined
  /** By segment, what the database does not say yet; undefined where it is to say nothing any more. */
  readonly #unsaved = new Map<number, string | undefined>()

  /** What cannot be read is not known. */
  static async load(db: ClassicLevel): Promise<SegmentTable> {
    const table = new SegmentTable()
    for await (const [key, sealed] of eachEntry(db, { gte: POSITION_KEY, lt: `${POSITION_KEY}\0` })) {
      const parts = textOr(key, sealed)?.split(' ').map(Number)
      if (parts) table.#position = { segment: parts[0]!, at: parts[1]! }
    }
    for await (const [key, sealed] of eachEntry(db, SEGMENTS)) {
      const segment = Number(key.slice(PREFIX.length))
      const text = textOr(key, sealed)
      if (text === GONE) table.#gone.add(segment)
      else if (text !== undefined) {
        table.#sealed.set(segment, { bytes: Number.parseInt(text, 10), synced: text.endsWith(SYNCED) })
      }
    }
    return table
  }

  /** The database has all records up to here. */
  get position(): LogPosition | undefined {
    return this.#position
  }

  get sealed(): ReadonlyMap<number, SealedSegment> {
    return this.#sealed
  }

  get gone(): readonly number[] {
    return [...this.#gone]
  }

  seal(segment: number, bytes: number): void {
    this.#set(segment, { bytes, synced: false })
  }

  synced(segment: number, bytes: number): void {
    if (this.#sealed.has(segment)) this.#set(segment, { bytes, synced: true })
  }

  /** What is to be written so that the segment is known to be given up. */
  givingUp(segment: number): Operation {
    return { type: 'put', key: keyOf(segment), value: GONE }
  }

  /** That was written. */
  gaveUp(segment: number): void {
    this.#sealed.delete(segment)
    this.#unsaved.delete(segment)
    this.#gone.add(segment)
  }

  /** Its file is removed. */
  forget(segment: number): void {
    this.#gone.delete(segment)
    this.#unsaved.set(segment, undefined)
  }

  /** What is to be written together with the records up to `position`, and what is to be called once it was. */
  changes(position: LogPosition): { readonly operations: readonly Operation[]; readonly written: () => void } {
    const told = [...this.#unsaved]
    const { segment, at } = position
    const operations: Operation[] = [{ type: 'put', key: POSITION_KEY, value: `${segment} ${at}` }]
    for (const [of, value] of told) {
      operations.push(value === undefined ? { type: 'del', key: keyOf(of) } : { type: 'put', key: keyOf(of), value })
    }
    const written = (): void => {
      this.#position = position
      for (const [of, value] of told) if (this.#unsaved.get(of) === value) this.#unsaved.delete(of)
    }
    return { operations, written }
  }

  get hasChanges(): boolean {
    return this.#unsaved.size > 0
  }

  #set(segment: number, sealed: SealedSegment): void {
    this.#sealed.set(segment, sealed)
    this.#unsaved.set(segment, `${sealed.bytes}${sealed.synced ? SYNCED : ''}`)
  }
}

function keyOf(segment: number): string {
  return PREFIX + String(segment).padStart(DIGITS, '0')
}

function textOr(key: string, sealed: string): string | undefined {
  try {
    return openText(key, sealed, () => key)
  } catch (error) {
    if (isPlatformError(error, 'ERR_CORRUPT')) return undefined
    throw error
  }
}
