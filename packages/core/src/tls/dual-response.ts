import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { ServerResponse, type IncomingMessage } from 'node:http'
import { INTERNAL_ERROR } from './http2.ts'
import { StreamRequest } from './stream-request.ts'

/** What is said about a connection has no place in a stream. */
const OF_CONNECTIONS = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

type Done = (error?: Error | null) => void

/** A response over HTTP/1.1, or over a stream of HTTP/2 when its request came by one, in the form of node:http. */
export class DualResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  readonly #stream: ServerHttp2Stream | undefined
  #hasHead = false

  // node:http gives more than its types say.
  constructor(...given: ConstructorParameters<typeof ServerResponse<R>>) {
    super(...given)
    const [request] = given
    if (!(request instanceof StreamRequest)) return
    const { stream } = request
    this.#stream = stream
    Object.assign(this, { socket: stream })
    // Who pipes into a response waits for it.
    stream.on('drain', () => this.emit('drain'))
    stream.once('finish', () => {
      this.emit('finish')
      // As node:http does with a body of which nobody has read anything: the client is not cut off from its answer.
      if (!request.complete && request.readableFlowing === null) stream.resume()
    })
    stream.once('close', () => {
      this.destroyed = true
      Object.assign(this, { _closed: true })
      this.emit('close')
    })
  }

  /** That of `headersSent`, for HTTP/2. */
  get hasHead(): boolean {
    return this.#hasHead
  }

  get #isGone(): boolean {
    return this.#stream === undefined || this.#stream.destroyed || this.#stream.closed
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    if (!this.#stream) return super.writeHead(status, ...(rest as []))
    if (this.#isGone || this.#hasHead) return this
    this.statusCode = status
    this.#hasHead = true
    const given = rest.findLast((value) => typeof value === 'object' && value !== null)
    const headers = { ':status': status, ...streamHeaders(this.getHeaders(), given) }
    try {
      this.#stream.respond(headers)
    } catch (error) {
      // Of some headers Node.js sends one line only; in HTTP a line with commas says the same.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_HTTP2_HEADER_SINGLE_VALUE') throw error
      this.#stream.respond(joined(headers))
    }
    return this
  }

  override flushHeaders(): void {
    if (!this.#stream) super.flushHeaders()
    else if (!this.#hasHead) this.writeHead(this.statusCode)
  }

  override writeContinue(callback?: () => void): void {
    if (!this.#stream) return super.writeContinue(callback)
    if (!this.#isGone && !this.#hasHead) this.#stream.additionalHeaders({ ':status': 100 })
    callback?.()
  }

  override write(chunk: unknown, encoding?: unknown, done?: unknown): boolean {
    if (!this.#stream) return super.write(chunk, encoding as BufferEncoding, done as Done)
    this.flushHeaders()
    if (this.#isGone || this.#stream.writableEnded) return false
    return this.#stream.write(chunk, encoding as BufferEncoding, done as Done)
  }

  override end(chunk?: unknown, encoding?: unknown, done?: unknown): this {
    if (!this.#stream) return super.end(chunk, encoding as BufferEncoding, done as Done)
    this.flushHeaders()
    this.finished = true
    if (this.#isGone || this.#stream.writableEnded) return this
    if (typeof chunk === 'string' || Buffer.isBuffer(chunk)) {
      this.#stream.end(chunk, encoding as BufferEncoding, done as Done)
    } else this.#stream.end(typeof chunk === 'function' ? (chunk as () => void) : undefined)
    return this
  }

  override destroy(error?: Error): this {
    if (!this.#stream) return super.destroy(error)
    this.destroyed = true
    if (!this.#isGone) this.#stream.close(INTERNAL_ERROR)
    return this
  }
}

// Its type says that it is a property, so no accessor may stand in the class.
const { get: http1HeadersSent } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(ServerResponse.prototype),
  'headersSent',
) as { get: (this: ServerResponse) => boolean }
Object.defineProperty(DualResponse.prototype, 'headersSent', {
  configurable: true,
  get(this: DualResponse) {
    return this.hasHead || http1HeadersSent.call(this)
  },
})

/** Names are in lower case; what is there more than once is a list. */
function streamHeaders(set: OutgoingHttpHeaders, given: unknown): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  const add = (name: string, value: unknown): void => {
    const lower = name.toLowerCase()
    if (value === undefined || OF_CONNECTIONS.has(lower)) return
    const before = headers[lower]
    headers[lower] = before === undefined ? (value as string) : [before, value].flat().map(String)
  }
  const names = Array.isArray(given) ? given.filter((_, index) => index % 2 === 0) : Object.keys(given ?? {})
  const replaced = new Set(names.map((name) => String(name).toLowerCase()))
  for (const [name, value] of Object.entries(set)) if (!replaced.has(name)) add(name, value)
  if (Array.isArray(given)) for (let at = 0; at < given.length; at += 2) add(String(given[at]), given[at + 1])
  else for (const [name, value] of Object.entries(given ?? {})) add(name, value)
  return headers
}

function joined(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) && name !== 'set-cookie' ? value.join(', ') : value,
    ]),
  )
}
