import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../time/clock.ts'
import { writeAnswer, writeContent, writeHead, type Answer } from './answer.ts'
import { announcedLength } from './read-body.ts'

/** Up to so much that was announced is discarded for the sake of the connection, which then serves on. */
const KEPT_BYTES = 1024 * 1024
/** Beyond these the connection is cut, whoever still sends. */
const MAX_DISCARDED_BYTES = 256 * 1024 * 1024
const MAX_DISCARD_MS = 30_000
/** So is one on which nothing more comes. */
const IDLE_MS = 5000

/**
 * Answers requests that have not arrived completely. A connection that is closed while bytes are coming is reset, and
 * a client that is still sending, or a proxy between, then never sees the answer. So what comes is discarded for a
 * while, and the connection is closed in stages: the answer, the end of what the server says, the end.
 */
export class EarlyAnswers {
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `unsent` when the client waits to be asked for the body, and may do without sending it. */
  give(
    request: IncomingMessage,
    response: ServerResponse,
    answer: Answer,
    transactionId: string,
    cors: readonly string[],
    unsent: boolean,
  ): void {
    if (response.headersSent || response.destroyed) return
    const announced = announcedLength(request)
    const keep = !unsent && announced !== undefined && announced <= KEPT_BYTES
    const { socket } = request
    if (keep) {
      writeAnswer(response, answer, transactionId, cors)
      this.#discard(request, socket, () => undefined)
      return
    }
    const closing = { ...answer, headers: closed(answer.headers) }
    // Behind the answers to requests before it, which must not be cut.
    if (response.socket === null) {
      writeAnswer(response, closing, transactionId, cors)
      return
    }
    // The response is not ended, because node:http would close the connection with it.
    const length = writeHead(response, closing, transactionId, cors)
    if (length === undefined || length === 0 || request.method === 'HEAD') {
      response.flushHeaders()
      socket.end()
    } else {
      writeContent(closing, length, (content, encoding) => response.write(content, encoding, () => socket.end()))
    }
    this.#discard(request, socket, () => socket.end(() => socket.destroy()))
  }

  #discard(request: IncomingMessage, socket: Socket, arrived: () => void): void {
    const untilMs = this.#clock.monotonic() + MAX_DISCARD_MS
    let discarded = 0
    let seen = 0
    let timer: Timer | undefined
    const stop = (): void => {
      timer?.cancel()
      timer = undefined
    }
    const cut = (): void => {
      stop()
      socket.destroy()
    }
    const look = (): void => {
      const isIdle = discarded === seen
      seen = discarded
      if (isIdle || this.#clock.monotonic() >= untilMs) cut()
      else timer = this.#clock.setTimer(IDLE_MS, look)
    }
    timer = this.#clock.setTimer(IDLE_MS, look)
    request.on('data', (chunk: Buffer) => {
      discarded += chunk.length
      if (discarded > MAX_DISCARDED_BYTES) cut()
    })
    request.on('end', () => {
      stop()
      arrived()
    })
    request.on('close', stop)
    request.resume()
  }
}

function closed(headers: readonly string[] = []): readonly string[] {
  return headers.includes('Connection') ? headers : [...headers, 'Connection', 'close']
}
