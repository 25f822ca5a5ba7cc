import type { Clock } from '../time/clock.ts'
import { TransientMap } from '../collections/transient-map.ts'
import type { ActivationLog, LogLine } from './activation-log.ts'
import { ActivationLogBuffer } from './activation-log-buffer.ts'
import type { LogOptions } from './container-factory.ts'
import type { FramedLog } from './transport/runtime-client.ts'
import { LineSplitter } from './line-splitter.ts'
import { LogTimestamp } from './log-timestamp.ts'

type StreamName = LogLine['stream']

/**
 * How the lines of one activation are told from those of another.
 *
 * `attributed`: the runtime writes frames, each on a line of its own, after a secret `token`:
 * `<token> <activation> <text>` is a line, `<token>+ <activation> <text>` a part of one whose end follows, and
 * `<token>-end <activation>` the end of the stream for that activation. Text without a frame, as child processes of
 * the action write it, goes to the one open log, if it is one; of logs opened `alone`, to the first that has not ended.
 *
 * `sentinel`: for other runtimes, which run one activation at a time and write a sentinel line to both streams after
 * each. A line is the sentinel only if it consists of nothing else. Several logs may be open: up to its sentinel a
 * stream belongs to the one that was opened first, and then to the next.
 */
export type LogFormat = { readonly kind: 'attributed'; readonly token: string } | { readonly kind: 'sentinel' }

const SENTINEL = Buffer.from('XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX')
const BLANK = 32
const PLUS = 43
const END_MARK = Buffer.from('-end ')

interface Reader {
  readonly splitter: LineSplitter
  /** Start of the latest line frame and its log: the next frame most likely begins the same. */
  header: Buffer | undefined
  log: ActivationLogBuffer | undefined
  /** How a line goes on that is too long to be held. */
  rest: 'plain' | 'line' | 'piece'
  ended: boolean
}

/** Takes what one container writes and gives each activation its lines. Lines for no open log are dropped. */
export class LogDemultiplexer implements FramedLog {
  readonly #clock: Clock
  readonly #time: LogTimestamp
  readonly #token: Buffer | undefined
  readonly #logs = new TransientMap<string, ActivationLogBuffer>()
  #opened = 0
  readonly #readers: Record<StreamName, Reader>

  constructor(format: LogFormat, clock: Clock) {
    this.#clock = clock
    this.#time = new LogTimestamp(clock)
    this.#token = format.kind === 'attributed' ? Buffer.from(format.token) : undefined
    this.#readers = { stdout: this.#reader('stdout'), stderr: this.#reader('stderr') }
  }

  /**
   * As {@link Container.openLog}.
   * @throws TypeError a log is open for this activation.
   */
  open(activationId: string, options: LogOptions): ActivationLog {
    if (this.#logs.has(activationId)) throw new TypeError('the log of this activation is open already')
    const log = new ActivationLogBuffer(this.#clock, options, () => {
      this.#logs.delete(activationId)
      this.#forget()
    })
    log.order = this.#opened++
    this.#logs.set(activationId, log)
    this.#forget()
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#readers[stream].ended) log.end(stream, this.#time.next())
    }
    return log
  }

  /** Takes the next bytes of a stream. `chunk` is not kept. */
  write(stream: StreamName, chunk: Buffer): void {
    this.#time.tick()
    this.#readers[stream].splitter.write(chunk)
  }

  /**
   * Takes a line, or a part of one that goes on (`more`), that did not come through a stream: the runtime says of which
   * activation it is. `bytes` is not kept.
   */
  framed(activationId: string, stream: StreamName, bytes: Buffer, more: boolean): void {
    this.#time.tick()
    this.#text(more ? 'piece' : 'line', this.#logs.get(activationId), stream, bytes, true)
  }

  /** The runtime says that the activation prints nothing more. */
  framedEnd(activationId: string): void {
    this.#time.tick()
    const log = this.#logs.get(activationId)
    for (const stream of ['stdout', 'stderr'] as const) log?.end(stream, this.#time.next())
  }

  /** Bytes of both streams were lost before those that come next. Logs that are open now cannot be complete any more. */
  gap(): void {
    this.#time.tick()
    for (const reader of Object.values(this.#readers)) {
      reader.splitter.end()
      reader.rest = 'plain'
    }
    for (const log of this.#logs.values()) log.gap()
    this.#forget()
  }

  /** The stream is at its end, and with it every log. */
  end(stream: StreamName): void {
    const reader = this.#readers[stream]
    if (reader.ended) return
    this.#time.tick()
    reader.splitter.end()
    reader.ended = true
    for (const log of this.#logs.values()) log.end(stream, this.#time.next())
  }

  #reader(stream: StreamName): Reader {
    const token = this.#token
    const splitter = new LineSplitter((bytes, first, last) => {
      if (token) this.#framed(token, reader, stream, bytes, first, last)
      else if (first && last && bytes.equals(SENTINEL)) this.#firstLog(stream)?.end(stream, this.#time.next())
      else this.#plain(stream, bytes, last)
    })
    const reader: Reader = { splitter, header: undefined, log: undefined, rest: 'plain', ended: false }
    return reader
  }

  #framed(token: Buffer, reader: Reader, stream: StreamName, bytes: Buffer, first: boolean, last: boolean): void {
    const { header } = reader
    if (first && header && startsWith(bytes, header, 0)) {
      this.#text('line', reader.log, stream, bytes.subarray(header.length), last)
      reader.rest = 'line'
      return
    }
    if (!first && reader.rest !== 'plain') {
      this.#text(reader.rest, reader.log, stream, bytes, last)
      return
    }
    // Text without a frame need not end in a newline, so a frame may begin in the middle of a line.
    const at = bytes.indexOf(token)
    if (at < 0) {
      this.#plain(stream, bytes, last)
      reader.rest = 'plain'
      return
    }
    if (at > 0 || !first) this.#plain(stream, bytes.subarray(0, at), true)
    this.#frame(reader, stream, bytes.subarray(at), token.length, last)
  }

  /** `frame` starts with the token. */
  #frame(reader: Reader, stream: StreamName, frame: Buffer, tokenLength: number, last: boolean): void {
    const mark = frame[tokenLength]
    if (mark === BLANK || mark === PLUS) {
      const idStart = tokenLength + (mark === PLUS ? 2 : 1)
      const idEnd = frame.indexOf(BLANK, idStart)
      if (idEnd < 0) return
      reader.rest = mark === PLUS ? 'piece' : 'line'
      reader.log = this.#logOf(frame.toString('latin1', idStart, idEnd), stream)
      if (mark === BLANK) reader.header = Buffer.from(frame.subarray(0, idEnd + 1))
      else reader.header = undefined
      this.#text(reader.rest, reader.log, stream, frame.subarray(idEnd + 1), last)
    } else if (startsWith(frame, END_MARK, tokenLength)) {
      this.#logOf(frame.toString('latin1', tokenLength + END_MARK.length), stream)?.end(stream, this.#time.next())
    }
  }

  #text(
    kind: 'line' | 'piece',
    log: ActivationLogBuffer | undefined,
    stream: StreamName,
    bytes: Buffer,
    last: boolean,
  ): void {
    if (kind === 'line' && last) log?.line(stream, bytes, this.#time.next())
    else log?.piece(stream, bytes)
  }

  #plain(stream: StreamName, bytes: Buffer, last: boolean): void {
    this.#text('line', this.#currentLog(stream), stream, bytes, last)
  }

  /** `-` stands for no activation in particular. */
  #logOf(activationId: string, stream: StreamName): ActivationLogBuffer | undefined {
    return activationId === '-' ? this.#currentLog(stream) : this.#logs.get(activationId)
  }

  #currentLog(stream: StreamName): ActivationLogBuffer | undefined {
    if (this.#logs.size === 1 && this.#token) return this.#logs.values()[0]
    const first = this.#firstLog(stream)
    return !this.#token || first?.alone ? first : undefined
  }

  /** Of those whose stream has not ended, the one that was opened first. */
  #firstLog(stream: StreamName): ActivationLogBuffer | undefined {
    let first: ActivationLogBuffer | undefined
    for (const log of this.#logs.values()) {
      if (!log.hasEnded(stream) && (!first || log.order < first.order)) first = log
    }
    return first
  }

  #forget(): void {
    for (const reader of Object.values(this.#readers)) reader.header = undefined
  }
}

function startsWith(bytes: Buffer, start: Buffer, from: number): boolean {
  const to = from + start.length
  return bytes.length >= to && bytes.compare(start, 0, start.length, from, to) === 0
}
