import {
  closeSync,
  mkdirSync,
  openSync,
  read as readCallback,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf } from '../to-platform-error.ts'

const read = promisify(readCallback)

/** LevelDB leaves folders alone. */
const FOLDER = 'records'
const NAME = /^(\d{10})\.records$/
const DIGITS = 10

/** So many files are kept open for reading. */
const MOST_OPEN = 16

interface OpenFile {
  readonly file: number
  readers: number
  /** Is to be closed by the last reader. */
  dropped: boolean
}

/** The files of the log beside a database. Whatever they do throws the system's error. */
export class SegmentFiles {
  readonly #dir: string
  /** In the order of their last use. */
  readonly #open = new Map<number, OpenFile>()

  constructor(dir: string) {
    this.#dir = join(dir, FOLDER)
  }

  /** Their numbers, in order. */
  list(): number[] {
    try {
      const numbers = readdirSync(this.#dir).map((name) => Number(NAME.exec(name)?.[1] ?? 0))
      return numbers.filter((number) => number > 0).sort((a, b) => a - b)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }

  pathOf(segment: number): string {
    return join(this.#dir, `${String(segment).padStart(DIGITS, '0')}.records`)
  }

  /** Bytes; undefined when there is none. */
  sizeOf(segment: number): number | undefined {
    return statSync(this.pathOf(segment), { throwIfNoEntry: false })?.size
  }

  /** Opens a new segment, empty, for reading and writing. */
  create(segment: number): number {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
    return openSync(this.pathOf(segment), 'w+', 0o600)
  }

  /** Brings to the disk which files there are. */
  async syncFolder(): Promise<void> {
    const folder = await open(this.#dir, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  /** Opens one that is there, for reading and writing. */
  reopen(segment: number): number {
    return openSync(this.pathOf(segment), 'r+')
  }

  /** Takes away what is behind so many bytes, where there is something. */
  cut(segment: number, bytes: number): void {
    if ((this.sizeOf(segment) ?? 0) > bytes) truncateSync(this.pathOf(segment), bytes)
  }

  /** So many bytes from there on, or those up to the end of the file. */
  async read(segment: number, at: number, bytes: number): Promise<Buffer> {
    const used = this.#use(segment)
    try {
      const buffer = Buffer.allocUnsafe(bytes)
      let end = 0
      while (end < bytes) {
        const { bytesRead } = await read(used.file, buffer, end, bytes - end, at + end)
        if (bytesRead === 0) break
        end += bytesRead
      }
      return buffer.subarray(0, end)
    } finally {
      used.readers--
      this.#closeUnused(used)
    }
  }

  remove(segment: number): void {
    this.#drop(segment)
    rmSync(this.pathOf(segment), { force: true })
  }

  close(): void {
    for (const segment of this.#open.keys()) this.#drop(segment)
  }

  #use(segment: number): OpenFile {
    const known = this.#open.get(segment)
    this.#open.delete(segment)
    const open = known ?? { file: openSync(this.pathOf(segment), 'r'), readers: 0, dropped: false }
    this.#open.set(segment, open)
    open.readers++
    if (this.#open.size > MOST_OPEN) this.#drop(this.#open.keys().next().value!)
    return open
  }

  #drop(segment: number): void {
    const open = this.#open.get(segment)
    if (!open) return
    this.#open.delete(segment)
    open.dropped = true
    this.#closeUnused(open)
  }

  #closeUnused({ file, readers, dropped }: OpenFile): void {
    if (dropped && readers === 0) closeSync(file)
  }
}
