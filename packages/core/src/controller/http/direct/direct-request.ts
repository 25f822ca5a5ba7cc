import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RequestHead } from './request-head.ts'

/** A request that has arrived whole. */
export class DirectRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: string[]
  readonly httpVersion = '1.1'
  readonly complete = true
  readonly socket: Duplex
  readonly body: Buffer

  constructor({ method, url, headers, rawHeaders }: RequestHead, socket: Duplex, body: Buffer) {
    this.method = method
    this.url = url
    this.headers = headers
    this.rawHeaders = rawHeaders
    this.socket = socket
    this.body = body
  }
}
