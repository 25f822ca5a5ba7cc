import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import type { RecordBody } from './record-form.ts'

interface Entry {
  readonly id: string
  readonly offset: number
  readonly bytes: number
}

/** One file of records, a JSON document on each line. It is read while it is appended to, and then removed. */
export class SpillSegment {
  readonly path: string
  readonly #file: FileHandle
  readonly #entries: Entry[] = []
  readonly #byId = new Map<string, Entry>()
  #bytes = 0
  /** Lines that are no records. */
  #damaged = 0

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  static async create(path: string): Promise<SpillSegment> {
    return new SpillSegment(path, await open(path, 'wx+', 0o600))
  }

  /** A file that was left behind. What its writer had not finished is cut off: nobody was told that it is safe. */
  static async finalizeOrphans(path: string): Promise<SpillSegment> {
    const segment = new SpillSegment(path, await open(path, 'r+'))
    await segment.#readEntries()
    return segment
  }

  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#entries.length
  }

  get damaged(): number {
    return this.#damaged
  }

  has(id: string): boolean {
    return this.#byId.has(id)
  }

  ids(): Iterable<string> {
    return this.#byId.keys()
  }

  /** Resolves once the records are on the disk. After a failure the file is as it was. */
  async append(records: readonly RecordBody[]): Promise<void> {
    const start = this.#bytes
    const lines = Buffer.from(records.map(({ text }) => `${text}\n`).join(''))
    try {
      await this.#file.write(lines, 0, lines.length, start)
      await this.#file.datasync()
    } catch (error) {
      await this.#file.truncate(start)
      throw error
    }
    let offset = start
    for (const { id, text } of records) {
      const bytes = Buffer.byteLength(text)
      this.#add({ id, offset, bytes })
      offset += bytes + 1
    }
    this.#bytes = offset
  }

  async read(id: string): Promise<string | undefined> {
    const entry = this.#byId.get(id)
    return entry && this.#text(entry)
  }

  /** The first records that are left, at least one and no more than `most` and `mostBytes`. */
  async first(most: number, mostBytes: number): Promise<readonly RecordBody[]> {
    const chosen: Entry[] = []
    let bytes = 0
    for (const entry of this.#entries) {
      if (chosen.length > 0 && (chosen.length >= most || bytes + entry.bytes > mostBytes)) break
      chosen.push(entry)
      bytes += entry.bytes
    }
    return Promise.all(chosen.map(async (entry) => ({ id: entry.id, text: await this.#text(entry) })))
  }

  /** Forgets the first `count` records; they stay in the file until it is removed. */
  drop(count: number): void {
    for (const entry of this.#entries.splice(0, count)) {
      // A later one with the same id stays.
      if (this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id)
    }
  }

  /** Closes the file and, when nothing is left in it, removes it; one with damaged lines is put aside. */
  async close(): Promise<void> {
    await this.#file.close()
    if (this.size > 0) return
    if (this.#damaged > 0) await rename(this.path, `${this.path}.damaged`)
    else await rm(this.path)
  }

  #add(entry: Entry): void {
    this.#entries.push(entry)
    this.#byId.set(entry.id, entry)
  }

  async #text({ offset, bytes }: Entry): Promise<string> {
    const buffer = Buffer.alloc(bytes)
    await this.#file.read(buffer, 0, bytes, offset)
    return buffer.toString('utf8')
  }

  async #readEntries(): Promise<void> {
    let rest = Buffer.alloc(0)
    for await (const chunk of this.#file.createReadStream({ start: 0, autoClose: false })) {
      rest = Buffer.concat([rest, chunk as Buffer])
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const id = idIn(rest.subarray(0, end))
        if (id === undefined) this.#damaged++
        else this.#add({ id, offset: this.#bytes, bytes: end })
        this.#bytes += end + 1
        rest = rest.subarray(end + 1)
      }
    }
    if (rest.length > 0) await this.#file.truncate(this.#bytes)
  }
}

function idIn(line: Buffer): string | undefined {
  try {
    const document: unknown = JSON.parse(line.toString('utf8'))
    const id: unknown = typeof document === 'object' && document !== null ? Reflect.get(document, '_id') : undefined
    return typeof id === 'string' ? id : undefined
  } catch {
    // Counted as damaged by the caller.
    return undefined
  }
}
