import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { Clock } from '@stemcell/core'
import type { Output } from './held-output.ts'

/** What a slow reader may be behind, in bytes. */
const MAX_HELD_BYTES = 1_048_576
const RETRY_MS = 250

export interface LogOutputParts {
  readonly clock: Clock
  /** Writes what it can at once and says how many bytes, or throws. Default: to standard output. */
  readonly writeSome?: (bytes: Uint8Array) => number
  /** Lines are taken again; so many are missing since it was said last. */
  readonly missed: (lines: number) => void
}

/**
 * Where log lines go. It never fails and never waits: what a full disk, or a reader that is gone, does not take is lost
 * and counted; what a slow reader does not take yet is held, up to a bound. A line is never cut in two by another.
 */
export class LogOutput implements Output {
  readonly #clock: Clock
  readonly #writeSome: (bytes: Uint8Array) => number
  readonly #missed: (lines: number) => void
  /** What is left of a line that has begun. */
  #rest: Uint8Array | undefined
  readonly #held: Uint8Array[] = []
  #heldBytes = 0
  #lost = 0
  #told = 0
  #waiting = false

  constructor({ clock, writeSome = standardOutput(), missed }: LogOutputParts) {
    this.#clock = clock
    this.#writeSome = writeSome
    this.#missed = missed
  }

  /** Lines that nobody will see. */
  get lost(): number {
    return this.#lost
  }

  write(text: string): void {
    const line = Buffer.from(text)
    if (this.#held.length > 0 && this.#heldBytes + line.length > MAX_HELD_BYTES) this.#lost++
    else {
      this.#held.push(line)
      this.#heldBytes += line.length
    }
    if (this.#send()) this.#tell()
    this.#tryLater()
  }

  /** False when something is left, or was lost. */
  #send(): boolean {
    for (;;) {
      const next = this.#rest ?? this.#held[0]
      if (!next) return true
      let written: number
      try {
        written = this.#writeSome(next)
      } catch (error) {
        if (!isFull(error)) this.#drop()
        return false
      }
      if (!this.#rest) this.#heldBytes -= this.#held.shift()!.length
      this.#rest = written < next.length ? next.subarray(written) : undefined
    }
  }

  /** All but what has begun. */
  #drop(): void {
    this.#lost += this.#held.length
    this.#held.length = 0
    this.#heldBytes = 0
  }

  #tell(): void {
    const [lost, told] = [this.#lost, this.#told]
    if (lost === told) return
    this.#told = lost
    this.#missed(lost - told)
    // Not even that came through: it is said again, and counts for nothing.
    if (this.#lost > lost) [this.#lost, this.#told] = [lost, told]
  }

  #tryLater(): void {
    if (this.#waiting || (!this.#rest && this.#held.length === 0 && this.#lost === this.#told)) return
    this.#waiting = true
    this.#clock.setTimer(RETRY_MS, () => {
      this.#waiting = false
      if (this.#send()) this.#tell()
      this.#tryLater()
    })
  }
}

/** The reader is slow, and may take it later. */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}

/**
 * A pipe or terminal is opened a second time, so that a reader who stands still does not keep this process waiting: the
 * mark for that on the first opening would be everybody's who shares it. A socket, such as that of systemd's journal or
 * of a parent written in Node.js, cannot be opened a second time, and gets the mark.
 */
function standardOutput(): (bytes: Uint8Array) => number {
  let fd = 1
  try {
    const found = fstatSync(1)
    if (process.platform === 'linux' && (found.isFIFO() || found.isCharacterDevice())) {
      fd = openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    }
    // Node.js marks a socket the first time it is asked for the stream, and keeps it marked.
    if (found.isSocket()) void process.stdout
  } catch {
    // Closed, nobody reads, or another user's: what is there is used as it is.
    fd = 1
  }
  return (bytes) => writeSync(fd, bytes)
}
