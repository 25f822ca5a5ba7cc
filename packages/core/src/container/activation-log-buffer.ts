import type { MaybePromise } from '../lifecycle.ts'
import type { Clock, Timer } from '../time/clock.ts'
import type { ActivationLog, CollectedLog, LogLine } from './activation-log.ts'
import type { LogOptions } from './container-factory.ts'
import { cutUtf8 } from './cut-utf8.ts'

type StreamName = LogLine['stream']

/** Lines that carry little text cost memory all the same: so many bytes each counts for at least, on average. */
const LEAST_BYTES_PER_LINE = 16
const LINES_ALWAYS_KEPT = 1_000

interface Piece {
  readonly bytes: Buffer
  readonly cut: boolean
}

/** Gathers the lines of one activation, up to its limit. */
export class ActivationLogBuffer implements ActivationLog {
  readonly #clock: Clock
  readonly #maxLines: number
  readonly #onClose: () => void
  /** As in {@link LogOptions}. */
  readonly alone: boolean
  /** Tells which log of its container was opened before it. */
  order = 0
  #lines: LogLine[] = []
  #leftBytes: number
  #truncated = false
  #closed = false
  #gap = false
  readonly #unfinished: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] }
  readonly #ended: Record<StreamName, boolean> = { stdout: false, stderr: false }
  #wake: (() => void) | undefined

  /** `limitBytes` counts the text of the lines. `onClose` is called once, when the log takes no more lines. */
  constructor(clock: Clock, { limitBytes, alone = false }: LogOptions, onClose: () => void) {
    this.#clock = clock
    this.alone = alone
    this.#leftBytes = limitBytes
    this.#maxLines = LINES_ALWAYS_KEPT + limitBytes / LEAST_BYTES_PER_LINE
    this.#onClose = onClose
  }

  /** Adds the end of a line: what `piece` gave before belongs in front of it. `bytes` is not kept. */
  line(stream: StreamName, bytes: Buffer, time: string): void {
    if (this.#closed) return
    const start = this.#unfinished[stream]
    if (start.length > 0) {
      this.#unfinished[stream] = []
      const last = this.#take(bytes)
      this.#push(stream, Buffer.concat([...start, last.bytes]), time)
      return
    }
    const { bytes: text, cut } = this.#take(bytes)
    // Nothing of it fitted: no line is better than an empty one that was never printed.
    if (!cut || text.length > 0) this.#push(stream, text, time)
  }

  /** Adds a part of a line whose end has not arrived. `bytes` is not kept. */
  piece(stream: StreamName, bytes: Buffer): void {
    if (this.#closed) return
    const { bytes: text } = this.#take(bytes)
    if (text.length > 0) this.#unfinished[stream].push(Buffer.from(text))
  }

  /** Nothing more comes on this stream; an unfinished line is taken as it is. */
  end(stream: StreamName, time: string): void {
    if (this.#closed || this.#ended[stream]) return
    this.#finishLine(stream, time)
    this.#ended[stream] = true
    if (this.#bothEnded) this.#wake?.()
  }

  hasEnded(stream: StreamName): boolean {
    return this.#ended[stream]
  }

  /** What comes next does not follow what came before. */
  gap(): void {
    this.#gap = true
  }

  get complete(): boolean {
    return this.#bothEnded && !this.#gap
  }

  get #bothEnded(): boolean {
    return this.#ended.stdout && this.#ended.stderr
  }

  collect({ waitMs }: { readonly waitMs: number }): MaybePromise<CollectedLog> {
    return this.#bothEnded || this.#closed || waitMs <= 0
      ? this.#collected()
      : this.#ends(waitMs).then(() => this.#collected())
  }

  #collected(): CollectedLog {
    const lines = this.#close()
    return { lines, truncated: this.#truncated, complete: this.complete }
  }

  #ends(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        this.#wake = undefined
        resolve()
      }
      const timer: Timer = this.#clock.setTimer(waitMs, done)
      this.#wake = done
    })
  }

  #close(): readonly LogLine[] {
    if (this.#closed) return []
    if (this.#unfinished.stdout.length + this.#unfinished.stderr.length > 0) {
      const time = this.#lines.at(-1)?.time ?? `${new Date(this.#clock.now()).toISOString().slice(0, -1)}000000Z`
      this.#finishLine('stdout', time)
      this.#finishLine('stderr', time)
    }
    this.#closed = true
    const lines = this.#lines
    this.#lines = []
    this.#onClose()
    return lines
  }

  #finishLine(stream: StreamName, time: string): void {
    const start = this.#unfinished[stream]
    if (start.length === 0) return
    this.#unfinished[stream] = []
    this.#push(stream, Buffer.concat(start), time)
  }

  #push(stream: StreamName, text: Buffer, time: string): void {
    if (this.#lines.length < this.#maxLines) this.#lines.push({ time, stream, text: text.toString() })
    else this.#truncated = true
  }

  #take(bytes: Buffer): Piece {
    if (bytes.length <= this.#leftBytes && !this.#truncated) {
      this.#leftBytes -= bytes.length
      return { bytes, cut: false }
    }
    // After the first loss nothing more is taken, so that what is kept is a start of what was printed.
    const text = cutUtf8(bytes, this.#truncated ? 0 : this.#leftBytes)
    this.#truncated = true
    return { bytes: text, cut: true }
  }
}
