import type { Logger } from '@stemcell/core'
import type { ClassicLevel } from 'classic-level'
import { readCount, type Change, type CommitQueue } from '../commit-queue.ts'
import type { Damage } from '../damage.ts'
import { readEntries } from '../read-rows.ts'
import { LIVE_BYTES, liveBytesKey, referenceIn, segmentOfLiveBytes } from './live-bytes.ts'
import type { LoggedRecord } from './log-entry.ts'
import { referenceText, type Reference } from './reference.ts'
import type { StoredRecords } from './stored-records.ts'
import { walkSegment } from './walk-segment.ts'

/** A segment is written anew when no more than this share of it is records that are still there. */
const MOST_LIVE_SHARE = 0.5
/** Roughly what a change of a reference weighs. */
const CHANGE_BYTES = 200

export interface SpaceReclaimerOptions {
  readonly db: ClassicLevel
  readonly commits: CommitQueue
  readonly records: StoredRecords
  readonly damage: Damage
  readonly logger: Logger
}

/**
 * Gives back the room of records that are no longer there: segments without any are removed, and those with few are
 * written anew. At every step each record is where the database says: copies are on the disk before it says so, and a file
 * is removed once nobody can look for anything in it any more, and after the database says that it is given up.
 */
export class SpaceReclaimer {
  readonly #options: SpaceReclaimerOptions
  /** Something in it cannot be read, so that it stays while there are records in it. */
  readonly #kept = new Set<number>()
  /** Bytes of records by segment, at the call before. */
  #before: ReadonlyMap<number, number> = new Map()
  #running: Promise<void> | undefined

  constructor(options: SpaceReclaimerOptions) {
    this.#options = options
  }

  /** Removes all segments without records, and writes at most one anew that lost none since the last call. Joins a call that is under way. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #run(): Promise<void> {
    const { damage, records, commits } = this.#options
    // Who does not know all references does not know what is referred to.
    if (!damage.isEmpty || commits.isBroken || records.table.sealed.size === 0) return
    const live = await this.#liveBytes()
    // One that is just being emptied will soon be empty.
    const resting = (segment: number): boolean => this.#before.get(segment) === live.get(segment)
    let emptiest: { readonly segment: number; readonly share: number } | undefined
    for (const [segment, { bytes }] of this.#settled()) {
      const share = (live.get(segment) ?? 0) / Math.max(bytes, 1)
      if (share === 0) await this.#remove(segment)
      else if (share <= MOST_LIVE_SHARE && share < (emptiest?.share ?? 1) && resting(segment)) {
        if (!this.#kept.has(segment)) emptiest = { segment, share }
      }
    }
    this.#before = live
    if (emptiest) await this.#rewrite(emptiest.segment)
  }

  /** Those whose records are all in the database, as far as they are still there. */
  #settled(): (readonly [segment: number, { readonly bytes: number }])[] {
    const { position, sealed } = this.#options.records.table
    return position ? [...sealed].filter(([segment]) => segment < position.segment) : []
  }

  async #liveBytes(): Promise<ReadonlyMap<number, number>> {
    const entries = await readEntries(this.#options.db, LIVE_BYTES)
    return new Map(entries.map(([key, sealed]) => [segmentOfLiveBytes(key)!, readCount(key, sealed)]))
  }

  async #rewrite(segment: number): Promise<void> {
    const { db, records, logger } = this.#options
    const { bytes } = records.table.sealed.get(segment)!
    let moved = 0
    for await (const entries of walkSegment(records.files, segment, bytes)) {
      moved += await this.#move(await this.#referredTo(segment, entries))
    }
    const left = await db.get(liveBytesKey(segment))
    if (left !== undefined) {
      this.#kept.add(segment)
      logger.error(
        { path: records.files.pathOf(segment) },
        'a file of records is damaged, and is kept for what it holds',
      )
      return
    }
    logger.debug({ segment, moved }, 'the records of a file were moved')
    await this.#remove(segment)
  }

  /** Those entries that the database refers to. */
  async #referredTo(segment: number, entries: readonly LoggedRecord[]): Promise<[LoggedRecord, Reference][]> {
    const stored = await this.#options.db.getMany(entries.map(({ key }) => key))
    return entries.flatMap((entry, place): [LoggedRecord, Reference][] => {
      const sealed = stored[place]
      const reference = sealed === undefined ? undefined : referenceIn(entry.key, sealed)
      return reference?.segment === segment && reference.at === entry.at ? [[entry, reference]] : []
    })
  }

  /** One that is removed meanwhile stays removed. */
  async #move(entries: readonly (readonly [LoggedRecord, Reference])[]): Promise<number> {
    if (entries.length === 0) return 0
    const { commits, records } = this.#options
    const changes = entries.map(([record, from]): Change => {
      const to = records.log.appendMoved(record)
      const { key } = record
      return {
        conditions: [{ key, value: referenceText(from) }],
        operations: [{ type: 'put', key, value: referenceText(to) }],
        counts: [
          [liveBytesKey(from.segment), -from.bytes],
          [liveBytesKey(to.segment), to.bytes],
        ],
        bytes: CHANGE_BYTES,
        lasting: false,
      }
    })
    await records.log.sync()
    const held = await Promise.all(changes.map((change) => commits.commit(change)))
    return held.filter(Boolean).length
  }

  async #remove(segment: number): Promise<void> {
    const { commits, records } = this.#options
    const { table, files } = records
    // A reference that a loss of power brought back would lead to nothing.
    await commits.commit({ operations: [table.givingUp(segment)], counts: [], bytes: 1, lasting: true })
    table.gaveUp(segment)
    this.#kept.delete(segment)
    await records.unread()
    files.remove(segment)
    table.forget(segment)
  }
}
