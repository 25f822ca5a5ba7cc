import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** LevelDB leaves files alone whose names it does not know. */
const FILE = 'stemcell.mark'

const SLOT_BYTES = 64
/** `records` is there since format 5. */
const SLOTS = { boot: 0, commits: 1, journal: 2, records: 3 } as const
const COPIES = 2
const BOOT_ID = '/proc/sys/kernel/random/boot_id'
const BOOT_BYTES = 36

export interface Acknowledged {
  /** Number of the last commit that somebody was told of, and of the last of these that was forced to the disk. */
  readonly commit: number
  readonly synced: number
  /** Which journal, and how many of its bytes somebody was told of. */
  readonly journal: number
  readonly journalBytes: number
  /** The last segment of the log of records, and how many of its bytes somebody was told of; undefined where nothing is. */
  readonly records?: { readonly segment: number; readonly bytes: number } | undefined
  /** Whether the machine ran on since: then nothing that the operating system had may be missing. */
  readonly sameBoot: boolean
}

/**
 * A small file beside the database that says how far what was acknowledged goes: a log or journal that ends earlier has
 * lost something, which neither of them shows by itself. It is overwritten in place and never forced to the disk, so that
 * it may be behind and is never ahead of what somebody was told. Each entry is there twice, with a digest.
 */
export class HighWaterMark {
  readonly #path: string
  readonly #slot = Buffer.alloc(COPIES * SLOT_BYTES)
  #file: number | undefined
  /** What is to be written at the end of this step of the event loop, by slot. */
  readonly #due = new Map<number, readonly [which: number, bytes: number]>()
  /** That could not be written: the next who appends is told. */
  #isOverdue = false

  constructor(dir: string) {
    this.#path = join(dir, FILE)
  }

  get exists(): boolean {
    return existsSync(this.#path)
  }

  /** Undefined when it is missing or cannot be read. */
  read(): Acknowledged | undefined {
    if (!this.exists) return undefined
    const bytes = readFileSync(this.#path)
    const [boot, commits, journal, records] = Object.values(SLOTS).map((slot) => contentOf(bytes, slot))
    if (!boot || !commits || !journal) return undefined
    const now = bootId()
    return {
      commit: commits.readDoubleBE(0),
      synced: commits.readDoubleBE(8),
      journal: journal.readDoubleBE(0),
      journalBytes: journal.readDoubleBE(8),
      ...(records && { records: { segment: records.readDoubleBE(0), bytes: records.readDoubleBE(8) } }),
      sameBoot: now !== undefined && boot.toString('latin1', 0, BOOT_BYTES) === now,
    }
  }

  /** From here on the mark is that of this life. */
  begin({ commit, synced, journal, journalBytes, records }: Omit<Acknowledged, 'sameBoot'>): void {
    this.#file ??= openSync(this.#path, this.exists ? 'r+' : 'w+', 0o600)
    this.committed(commit, synced)
    this.journaled(journal, journalBytes)
    this.logged(records?.segment ?? 0, records?.bytes ?? 0)
    this.#write(SLOTS.boot, (slot) => slot.write((bootId() ?? '').padEnd(BOOT_BYTES), 'latin1'))
  }

  committed(commit: number, synced: number): void {
    this.#writeNumbers(SLOTS.commits, commit, synced)
  }

  journaled(journal: number, bytes: number): void {
    this.#writeNow(SLOTS.journal, journal, bytes)
  }

  /**
   * The same, for who appends much: one write stands for all that is appended in one step. Should it fail, the next call
   * throws.
   */
  journaledSoon(journal: number, bytes: number): void {
    this.#writeSoon(SLOTS.journal, journal, bytes)
  }

  /** So much of the log of records, see {@link journaled}. */
  logged(segment: number, bytes: number): void {
    this.#writeNow(SLOTS.records, segment, bytes)
  }

  /** See {@link journaledSoon}. */
  loggedSoon(segment: number, bytes: number): void {
    this.#writeSoon(SLOTS.records, segment, bytes)
  }

  #writeNow(slot: number, which: number, bytes: number): void {
    this.#writeNumbers(slot, which, bytes)
    this.#due.delete(slot)
    if (this.#due.size === 0) this.#isOverdue = false
  }

  #writeSoon(slot: number, which: number, bytes: number): void {
    if (this.#isOverdue) {
      this.#due.set(slot, [which, bytes])
      this.#writeDue()
      return
    }
    if (this.#due.size === 0) queueMicrotask(this.#writeQuietly)
    this.#due.set(slot, [which, bytes])
  }

  readonly #writeQuietly = (): void => {
    try {
      this.#writeDue()
    } catch {
      this.#isOverdue = true
    }
  }

  #writeDue(): void {
    for (const [slot, [which, bytes]] of this.#due) this.#writeNow(slot, which, bytes)
  }

  close(): void {
    this.#writeDue()
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #writeNumbers(slot: number, first: number, second: number): void {
    this.#write(slot, (content) => {
      content.writeDoubleBE(first, 0)
      content.writeDoubleBE(second, 8)
    })
  }

  #write(slot: number, fill: (content: Buffer) => void): void {
    if (this.#file === undefined) return
    const content = this.#slot.subarray(4, SLOT_BYTES)
    fill(content)
    this.#slot.writeUInt32BE(digestOf(slot, content))
    this.#slot.copy(this.#slot, SLOT_BYTES, 0, SLOT_BYTES)
    writeSync(this.#file, this.#slot, 0, this.#slot.length, slot * COPIES * SLOT_BYTES)
  }
}

function contentOf(bytes: Buffer, slot: number): Buffer | undefined {
  for (let copy = 0; copy < COPIES; copy++) {
    const at = (slot * COPIES + copy) * SLOT_BYTES
    const content = bytes.subarray(at + 4, at + SLOT_BYTES)
    if (content.length === SLOT_BYTES - 4 && bytes.readUInt32BE(at) === digestOf(slot, content)) return content
  }
  return undefined
}

/** The slot is part of it: one that was copied over another is none. */
function digestOf(slot: number, content: Buffer): number {
  return crc32(content, slot + 1)
}

/** Changes when the machine starts anew; undefined where that cannot be told. */
function bootId(): string | undefined {
  if (!existsSync(BOOT_ID)) return undefined
  return readFileSync(BOOT_ID, 'latin1').trim().slice(0, BOOT_BYTES)
}
