import type { Logger } from '@stemcell/core'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordBody } from './record-form.ts'
import { fileAfter, filesIn, holdFolder, releaseFolder } from './spill-folder.ts'
import { SpillSegment } from './spill-segment.ts'

const SEGMENT_BYTES = 16 * 1024 ** 2

/**
 * Records that wait on the disk for the database to come back. Bounded by `maxBytes`; what an earlier process left in
 * the folder is found again.
 */
export class Spill {
  readonly #dir: string
  readonly #maxBytes: number
  readonly #segments: SpillSegment[] = []
  /** Appending and removing happen one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(dir: string, maxBytes: number) {
    this.#dir = dir
    this.#maxBytes = maxBytes
  }

  /** @throws ERR_CONFIG the folder is in use or cannot be used. */
  static async open({ dir, maxBytes }: { dir: string; maxBytes: number }, logger: Logger): Promise<Spill> {
    await holdFolder(dir)
    const spill = new Spill(dir, maxBytes)
    try {
      for (const path of await filesIn(dir)) await spill.#finalizeOrphans(path, logger)
      return spill
    } catch (error) {
      await spill.close()
      throw error
    }
  }

  /** Records that wait. */
  get size(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0)
  }

  has(id: string): boolean {
    return this.#segments.some((segment) => segment.has(id))
  }

  /** Whether anything waits whose id begins like this. */
  holds(prefix: string): boolean {
    return this.#segments.some((segment) => [...segment.ids()].some((id) => id.startsWith(prefix)))
  }

  async read(id: string): Promise<string | undefined> {
    return this.#segments.find((segment) => segment.has(id))?.read(id)
  }

  /** Resolves once they are on the disk; false, and none of them is, when there is no room. */
  append(records: readonly RecordBody[]): Promise<boolean> {
    return this.#inTurn(async () => {
      const bytes = records.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0)
      const used = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
      if (used + bytes > this.#maxBytes) return false
      let segment = this.#segments.at(-1)
      if (!segment || segment.bytes >= SEGMENT_BYTES) {
        segment = await SpillSegment.create(fileAfter(this.#dir, await filesIn(this.#dir)))
        this.#segments.push(segment)
      }
      await segment.append(records)
      return true
    })
  }

  /** The oldest records, at most so many. */
  async oldest(most: number, mostBytes: number): Promise<readonly RecordBody[]> {
    const segment = this.#segments.find(({ size }) => size > 0)
    return segment ? segment.first(most, mostBytes) : []
  }

  /** The first `count` of the oldest are in the database: they need not wait any more. */
  drop(count: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#segments.find(({ size }) => size > 0)?.drop(count)
      while (this.#segments[0]?.size === 0) await this.#segments.shift()!.close()
    })
  }

  /** Keeps records that the database will never take, out of the way and outside `maxBytes`; returns the file. */
  putAside(records: readonly RecordBody[]): Promise<string> {
    return this.#inTurn(async () => {
      const path = join(this.#dir, 'refused.jsonl')
      const file = await open(path, 'a', 0o600)
      try {
        await file.writeFile(records.map(({ text }) => `${text}\n`).join(''))
        await file.datasync()
      } finally {
        await file.close()
      }
      return path
    })
  }

  /** What waits stays in the folder. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const segment of this.#segments.splice(0)) await segment.close()
      await releaseFolder(this.#dir)
    })
  }

  async #finalizeOrphans(path: string, logger: Logger): Promise<void> {
    const segment = await SpillSegment.finalizeOrphans(path)
    if (segment.damaged > 0) logger.error({ file: path, lines: segment.damaged }, 'spilled records cannot be read')
    // Its writer died before a record was on the disk: nothing will ever be taken out of it.
    if (segment.size === 0) return segment.close()
    this.#segments.push(segment)
    logger.info({ file: path, records: segment.size }, 'records of an earlier run are stored now')
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task)
    this.#last = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }
}
