import { DualResponse } from '@stemcell/core'
import type { IncomingMessage } from 'node:http'
import { gzip } from 'node:zlib'

/** What becomes of an answer on its way through the gateway. */
export interface AnswerPolicy {
  /** Names and values of headers about other origins; undefined leaves those of the back end. */
  readonly cors: readonly string[] | undefined
  /** Bytes from which an answer is compressed; undefined where the client does not take it. */
  readonly gzipFromBytes: number | undefined
}

interface Head {
  readonly status: number
  readonly reason: string
  /** Names and values alternate. */
  readonly headers: readonly string[]
}

const COMPRESSIBLE = /^(?:text\/|image\/svg|application\/(?:json|javascript|xml|manifest|[\w.+-]+\+(?:json|xml)))/i
const CORS_HEADER = 'access-control-'

/** A response whose head is held back until its body is there, where a policy was set; then it is sent as that wants. */
export class GatewayResponse<R extends IncomingMessage = IncomingMessage> extends DualResponse<R> {
  policy: AnswerPolicy | undefined
  /** From which it is taken once it is answered. */
  awaitedIn: Map<GatewayResponse, number> | undefined
  #head: Head | undefined
  #answered = false

  /** Ends the response with a word of the gateway, unless it was answered already. */
  refuse(status: number, message: string, headers: readonly string[] = []): void {
    if (this.#answered || this.headersSent || this.destroyed) return
    const body = JSON.stringify({ status, message: `Error: ${message}` })
    const cors = this.policy?.cors ?? []
    this.policy = undefined
    this.#send(
      { status, reason: '', headers: ['Content-Type', 'application/json; charset=utf-8', ...headers, ...cors] },
      Buffer.from(body),
    )
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    const [reason, headers] = rest
    if (this.policy === undefined) {
      return super.writeHead(status, reason as string, headers as string[])
    }
    this.#head = { status, reason: typeof reason === 'string' ? reason : '', headers: (headers ?? []) as string[] }
    return this
  }

  override end(chunk?: unknown, encoding?: unknown, done?: unknown): this {
    const { policy } = this
    const head = this.#head
    if (!policy || !head) return super.end(chunk, encoding as BufferEncoding, done as () => void)
    if (this.#answered) return this
    this.#answered = true
    this.awaitedIn?.delete(this as unknown as GatewayResponse)
    const headers = policy.cors === undefined ? head.headers : withCors(head.headers, policy.cors)
    const isText = typeof chunk === 'string'
    const bytes = isText
      ? Buffer.byteLength(chunk, encoding as BufferEncoding)
      : Buffer.isBuffer(chunk)
        ? chunk.length
        : 0
    if (!this.#compresses(policy, headers, bytes)) {
      this.policy = undefined
      super.writeHead(head.status, head.reason, headers as string[])
      return super.end(chunk, encoding as BufferEncoding)
    }
    gzip(isText ? Buffer.from(chunk, encoding as BufferEncoding) : (chunk as Buffer), (error, compressed) => {
      this.policy = undefined
      if (error) this.destroy(error)
      else this.#send({ ...head, headers: compressedHeaders(headers) }, compressed)
    })
    return this
  }

  #compresses({ gzipFromBytes }: AnswerPolicy, headers: readonly string[], bytes: number): boolean {
    if (gzipFromBytes === undefined || bytes < gzipFromBytes || bytes === 0 || this.req.method === 'HEAD') return false
    return (
      headerOf(headers, 'content-encoding') === undefined && COMPRESSIBLE.test(headerOf(headers, 'content-type') ?? '')
    )
  }

  #send({ status, reason, headers }: Head, body: Buffer): void {
    if (this.destroyed) return
    this.#answered = true
    super.writeHead(status, reason, [...headers, 'Content-Length', String(body.length)])
    super.end(body)
  }
}

function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() === name) return headers[index + 1]
  }
  return undefined
}

function withCors(headers: readonly string[], cors: readonly string[]): string[] {
  const all: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    if (!isOfCors(name)) all.push(name, headers[index + 1]!)
  }
  for (const item of cors) all.push(item)
  return all
}

/** Few headers are as long, and fewer have a hyphen there. */
function isOfCors(name: string): boolean {
  return (
    name.length > CORS_HEADER.length &&
    name[CORS_HEADER.length - 1] === '-' &&
    name.slice(0, CORS_HEADER.length).toLowerCase() === CORS_HEADER
  )
}

function compressedHeaders(headers: readonly string[]): string[] {
  const others = kept(headers, (name) => name.toLowerCase() !== 'content-length')
  return [...others, 'Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding']
}

function kept(headers: readonly string[], keep: (name: string) => boolean): string[] {
  const left: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (keep(headers[index]!)) left.push(headers[index]!, headers[index + 1]!)
  }
  return left
}

/** Whether a client takes gzip; one that forbids it says so with a quality of 0. */
export function takesGzip(acceptEncoding: string | string[] | undefined): boolean {
  if (acceptEncoding === undefined) return false
  const codings = String(acceptEncoding).toLowerCase().split(',')
  const gzipCoding = codings.find((coding) => /^\s*(?:x-)?gzip\s*(?:;|$)/.test(coding))
  const coding = gzipCoding ?? codings.find((one) => /^\s*\*\s*(?:;|$)/.test(one))
  return coding !== undefined && !/;\s*q=0(?:\.0*)?\s*$/.test(coding)
}
