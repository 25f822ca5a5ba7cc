import type { Duplex } from 'node:stream'
import type { Clock } from '../../../time/clock.ts'
import { DirectRequest } from './direct-request.ts'
import { DirectResponse, type ResponseOwner } from './direct-response.ts'
import { isBorrowed, readIntoBuffer, readIntoStream } from './read-buffer.ts'
import { MAX_BODY_BYTES, MAX_HEAD_BYTES, readRequestHead, type RequestHead } from './request-head.ts'

const EMPTY = Buffer.alloc(0)
/** Of what is sent ahead while a request is being answered, the rest is left to the operating system. */
const MAX_AHEAD_BYTES = MAX_HEAD_BYTES + MAX_BODY_BYTES
/** A request of which a part has come is waited for so long; then node:http waits for it. */
const PART_TICKS = 2
/** The same for a connection on which nothing has come. */
const SILENT_TICKS = 5

/** The server that a connection belongs to. */
export interface ConnectionHost {
  readonly clock: Clock
  readonly keepAliveMs: number
  /** Counts seconds. */
  readonly tick: number
  handle(request: DirectRequest, response: DirectResponse): void
  /** Requests that node:http is to read, whatever their shape. */
  readonly leaves: ((url: string) => boolean) | undefined
  /** The connection is node:http's from these bytes on. The socket is paused, and nobody listens to it. */
  handOver(socket: Duplex, bytes: Buffer): void
  /** It ended in the middle of a request. */
  cutOff(socket: Duplex, bytes: Buffer): void
  /** Once: the connection is gone, or handed over. */
  left(connection: DirectConnection): void
}

/**
 * Serves one connection for as long as the requests on it arrive whole and in the common shape, one after the other.
 * The first bytes that are anything else, and all that follows them, are read by node:http alone: no byte is ever read
 * by both, and none is skipped.
 */
export class DirectConnection implements ResponseOwner {
  readonly socket: Duplex
  readonly #host: ConnectionHost
  /** What came and was not made a request of. */
  #bytes: Buffer = EMPTY
  #response: DirectResponse | undefined
  /** The last head that was read, and its bytes: clients say the same again and again. */
  #head: RequestHead | undefined
  #headBytes: Buffer = EMPTY
  /** When it was made, a request was answered, or the first part of one came. */
  #lastTick: number
  #served = false
  #paused = false
  #hasEnded = false
  #isReading = false
  /** Nothing that comes is read any more. */
  #isOver = false

  constructor(host: ConnectionHost, socket: Duplex) {
    this.#host = host
    this.socket = socket
    this.#lastTick = host.tick
    if (!readIntoBuffer(socket, this.#onRead)) socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('drain', this.#onDrain)
    socket.on('close', this.#onClose)
  }

  get clock(): Clock {
    return this.#host.clock
  }

  get keepAliveMs(): number {
    return this.#host.keepAliveMs
  }

  /** Nothing was asked that is not answered. */
  get isIdle(): boolean {
    return this.#response === undefined && this.#bytes.length === 0 && this.socket.writableLength === 0
  }

  /** Once a second. */
  onTick(tick: number): void {
    if (this.#response || this.socket.writableLength > 0) return
    const ticks = tick - this.#lastTick
    if (this.#bytes.length > 0 ? ticks >= PART_TICKS : !this.#served && ticks >= SILENT_TICKS) this.#handOver()
    // The first of them may have come right after the answer.
    else if (this.#served && (ticks - 1) * 1000 > this.#host.keepAliveMs) this.socket.destroy()
  }

  answered(keepsConnection: boolean): void {
    this.#response = undefined
    this.#lastTick = this.#host.tick
    if (!keepsConnection) this.#finish()
    else if (!this.#isReading) this.#read()
  }

  readonly #onRead = (size: number, bytes: Buffer): boolean => {
    if (this.#isOver) return true
    this.#onData(bytes.subarray(0, size))
    // Whatever waits for more.
    if (this.#bytes.length > 0 && isBorrowed(this.#bytes)) this.#bytes = Buffer.from(this.#bytes)
    return true
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#bytes.length === 0) {
      this.#bytes = chunk
      this.#lastTick = this.#host.tick
    } else {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
    }
    if (!this.#response) this.#read()
    else if (this.#bytes.length > MAX_AHEAD_BYTES) this.#pause()
  }

  /** Whatever else was sent is not asked any more. */
  #finish(): void {
    this.#stopReading()
    this.socket.on('data', () => undefined).resume()
    this.socket.end(() => this.socket.destroy())
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true
    // Whoever says no more may still wait for answers.
    if (this.#response || this.socket.writableNeedDrain) return
    const bytes = this.#bytes
    this.#stopReading()
    if (bytes.length === 0) this.socket.end()
    else this.#host.cutOff(this.socket, bytes)
  }

  readonly #onError = (): void => {
    this.socket.destroy()
  }

  readonly #onDrain = (): void => {
    if (!this.#response) this.#read()
  }

  readonly #onClose = (): void => {
    if (this.#response) this.#response.destroyed = true
    this.#stopReading()
    this.#host.left(this)
  }

  /** Makes requests of what has come, one at a time. */
  #read(): void {
    this.#isReading = true
    while (!this.#response && !this.#isOver && this.#bytes.length > 0) {
      // Whoever does not read the answers is not read either.
      if (this.socket.writableNeedDrain) {
        this.#pause()
        break
      }
      if (!this.#readOne()) break
    }
    this.#isReading = false
    if (this.#response || this.#isOver || this.socket.writableNeedDrain) return
    if (this.#hasEnded) this.#finish()
    else if (this.#paused) {
      this.#paused = false
      this.socket.resume()
    }
  }

  #readOne(): boolean {
    const bytes = this.#bytes
    const head = this.#headOf(bytes)
    if (head === 'other') {
      // Nothing can be put back before an end that came.
      if (!this.#hasEnded) this.#handOver()
      return false
    }
    if (head === 'incomplete') return false
    const end = head.bytes + head.bodyBytes
    if (bytes.length < end) return false
    this.#bytes = bytes.length === end ? EMPTY : bytes.subarray(end)
    const body = head.bodyBytes === 0 ? EMPTY : copied(bytes, head.bytes, end)
    this.#served = true
    const response = new DirectResponse(this)
    this.#response = response
    this.#host.handle(new DirectRequest(head, this.socket, body), response)
    return true
  }

  #headOf(bytes: Buffer): RequestHead | 'incomplete' | 'other' {
    const known = this.#head
    if (known && bytes.length >= known.bytes && this.#headBytes.compare(bytes, 0, known.bytes) === 0) return known
    const head = readRequestHead(bytes, 0)
    if (typeof head === 'string') return head
    if (this.#host.leaves?.(head.url)) return 'other'
    this.#head = head
    this.#headBytes = Buffer.from(bytes.subarray(0, head.bytes))
    return head
  }

  #handOver(): void {
    const bytes = Buffer.from(this.#bytes)
    const { socket } = this
    this.#stopReading()
    readIntoStream(socket)
    socket.off('error', this.#onError)
    socket.off('close', this.#onClose)
    socket.pause()
    this.#host.left(this)
    if (!socket.destroyed) this.#host.handOver(socket, bytes)
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.socket.pause()
  }

  #stopReading(): void {
    this.#isOver = true
    this.#bytes = EMPTY
    this.socket.off('data', this.#onData)
    this.socket.off('end', this.#onEnd)
    this.socket.off('drain', this.#onDrain)
  }
}

function copied(bytes: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafe(to - from)
  bytes.copy(copy, 0, from, to)
  return copy
}
