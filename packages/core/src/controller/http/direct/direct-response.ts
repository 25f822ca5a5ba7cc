import { IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../time/clock.ts'
import { HEAD_ONLY, writeThrough, type Answer } from '../answer.ts'

const NO_HEADERS: readonly string[] = []

/** Whose response it is. */
export interface ResponseOwner {
  readonly socket: Duplex
  readonly clock: Clock
  /** ms after which an idle connection is closed. */
  readonly keepAliveMs: number
  /** Once: all of the answer was given to the socket. */
  answered(keepsConnection: boolean): void
}

/** Takes an answer in the place of the client, to send another. */
export type TakeAnswer = (answer: Answer, transactionId: string | undefined, cors: readonly string[]) => void

/** The answer to a request that had arrived whole, written at once. */
export class DirectResponse {
  /** For who stands between: is given the answer that would be sent next. Taken away first, so that it may send. */
  intercept: TakeAnswer | undefined
  /** It was answered: another answer is not sent. */
  headersSent = false
  /** The connection is gone, and with it whoever asked. */
  destroyed = false
  /** False makes this the last answer of the connection. */
  shouldKeepAlive = true
  readonly #owner: ResponseOwner

  constructor(owner: ResponseOwner) {
    this.#owner = owner
  }

  /** Breaks the connection. */
  destroy(): void {
    this.#owner.socket.destroy()
  }

  /**
   * Answers, once; does nothing when the client has gone. Without a `transactionId` none is told. Names and values alternate
   * in `cors`, which must be one of few lists.
   */
  send(answer: Answer, transactionId: string | undefined, cors: readonly string[]): void {
    if (this.headersSent || this.destroyed) return
    const { intercept } = this
    if (intercept) {
      this.intercept = undefined
      intercept(answer, transactionId, cors)
      return
    }
    this.headersSent = true
    const { status, contentType, body, headers = NO_HEADERS } = answer
    const more = headerLines(headers)
    if (more === undefined) return this.#sendByNode(answer, transactionId, cors)
    const length = Buffer.byteLength(body)
    const hasBody = !HEAD_ONLY.has(status)
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    if (transactionId !== undefined) head += `X-Request-ID: ${transactionId}\r\n`
    if (contentType !== undefined) head += `Content-Type: ${contentType}\r\n`
    if (hasBody) head += `Content-Length: ${length}\r\n`
    head += corsLines(cors) + more
    head += dateLine(this.#owner.clock)
    head += this.shouldKeepAlive ? keepAliveLines(this.#owner.keepAliveMs) : 'Connection: close\r\n\r\n'
    const { socket } = this.#owner
    if (!hasBody || length === 0) socket.write(head, 'latin1')
    else if (typeof body === 'string' && length === body.length) socket.write(head + body, 'latin1')
    else {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body)
      socket.uncork()
    }
    this.#owner.answered(this.shouldKeepAlive)
  }

  #sendByNode(answer: Answer, transactionId: string | undefined, cors: readonly string[]): void {
    const { socket } = this.#owner
    const { headers = NO_HEADERS } = answer
    const request = new IncomingMessage(socket as Socket)
    request.method = 'GET'
    request.httpVersionMajor = 1
    request.httpVersionMinor = 1
    const response = new ServerResponse(request)
    response.shouldKeepAlive = this.shouldKeepAlive && !saysClose(headers)
    response.assignSocket(socket as Socket)
    writeThrough(response, answer, transactionId, cors)
    response.detachSocket(socket as Socket)
    this.#owner.answered(response.shouldKeepAlive)
  }
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const PRINTABLE = /^[\t -~]*$/
/** What node:http has an opinion about when an action or a refusal says it. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Undefined where they are not the plain case. */
function headerLines(headers: readonly string[]): string | undefined {
  let text = ''
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    const value = headers[index + 1]!
    if (OF_THE_MESSAGE.has(name.toLowerCase()) || !TOKEN.test(name) || !PRINTABLE.test(value)) return undefined
    text += `${name}: ${value}\r\n`
  }
  return text
}

function saysClose(headers: readonly string[]): boolean {
  return headers.some(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'connection' && /\bclose\b/i.test(headers[index + 1]!),
  )
}

const corsTexts = new Map<readonly string[], string>()

function corsLines(cors: readonly string[]): string {
  const known = corsTexts.get(cors)
  if (known !== undefined) return known
  let text = ''
  for (let index = 0; index < cors.length; index += 2) text += `${cors[index]}: ${cors[index + 1]}\r\n`
  corsTexts.set(cors, text)
  return text
}

let dateSecond = Number.NaN
let dateText = ''

function dateLine(clock: Clock): string {
  const second = Math.floor(clock.now() / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    dateText = `Date: ${new Date(second * 1000).toUTCString()}\r\n`
  }
  return dateText
}

let keepAliveOf = Number.NaN
let keepAliveText = ''

function keepAliveLines(ms: number): string {
  if (ms !== keepAliveOf) {
    keepAliveOf = ms
    keepAliveText = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(ms / 1000)}\r\n\r\n`
  }
  return keepAliveText
}
