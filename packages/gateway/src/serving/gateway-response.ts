import { DualResponse } from '@stemcell/core'
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import { gzip } from 'node:zlib'
import { compressedHeaders, compresses, withoutCors, type AnswerPolicy } from './answer-policy.ts'
import { refusalText, type Reply } from './reply.ts'

interface Head {
  readonly status: number
  readonly reason: string
  /** Names and values alternate. */
  readonly headers: readonly string[]
}

/** A response whose head is held back until its body is there, where a policy was set; then it is sent as that wants. */
export class GatewayResponse<R extends IncomingMessage = IncomingMessage> extends DualResponse<R> implements Reply {
  policy: AnswerPolicy | undefined
  whenAnswered: (() => void) | undefined
  #head: Head | undefined
  #answered = false

  /** Ends the response with a word of the gateway, unless it was answered already. */
  refuse(status: number, message: string, headers: readonly string[] = []): void {
    if (this.#answered || this.headersSent || this.destroyed) return
    const body = refusalText(status, message)
    const cors = this.policy?.cors ?? []
    this.policy = undefined
    // A client that waits to be asked for its body will not send it: what comes next would be taken for it.
    if (this.req.headers.expect !== undefined && !this.req.complete) this.shouldKeepAlive = false
    this.#send(
      {
        status,
        reason: STATUS_CODES[status] ?? '',
        headers: ['Content-Type', 'application/json; charset=utf-8', ...headers, ...cors],
      },
      Buffer.from(body),
    )
  }

  preflight(headers: readonly string[]): void {
    this.policy = undefined
    super.writeHead(200, 'OK', [...headers, 'Content-Length', '0'])
    super.end()
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
    this.whenAnswered?.()
    const headers = policy.cors === undefined ? head.headers : [...withoutCors(head.headers), ...policy.cors]
    const isText = typeof chunk === 'string'
    const bytes = isText
      ? Buffer.byteLength(chunk, encoding as BufferEncoding)
      : Buffer.isBuffer(chunk)
        ? chunk.length
        : 0
    if (this.req.method === 'HEAD' || !compresses(policy, undefined, headers, bytes)) {
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

  #send({ status, reason, headers }: Head, body: Buffer): void {
    if (this.destroyed) return
    this.#answered = true
    super.writeHead(status, reason, [...headers, 'Content-Length', String(body.length)])
    super.end(body)
  }
}
