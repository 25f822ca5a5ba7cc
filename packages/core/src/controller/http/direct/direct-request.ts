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

  constructor(
    { method, url, headers, rawHeaders }: Pick<RequestHead, 'method' | 'url' | 'headers' | 'rawHeaders'>,
    socket: Duplex,
    body: Buffer,
  ) {
    this.method = method
    this.url = url
    this.headers = headers
    this.rawHeaders = rawHeaders
    this.socket = socket
    this.body = body
  }

  /** The same request as somebody else sends it on: what is given here wins. */
  sentOn(changed: {
    readonly method: string
    readonly url: string
    /** Names and values alternate; they take the place of headers of these names. */
    readonly headers: readonly string[]
  }): DirectRequest {
    const { method, url } = changed
    if (changed.headers.length === 0)
      return new DirectRequest(
        { method, url, headers: this.headers, rawHeaders: this.rawHeaders },
        this.socket,
        this.body,
      )
    const headers = { ...this.headers }
    const names = new Set<string>()
    for (let index = 0; index < changed.headers.length; index += 2) {
      const name = changed.headers[index]!.toLowerCase()
      names.add(name)
      headers[name] = changed.headers[index + 1]!
    }
    const rawHeaders: string[] = []
    for (let index = 0; index < this.rawHeaders.length; index += 2) {
      const name = this.rawHeaders[index]!
      if (!names.has(name.toLowerCase())) rawHeaders.push(name, this.rawHeaders[index + 1]!)
    }
    rawHeaders.push(...changed.headers)
    return new DirectRequest({ method, url, headers, rawHeaders }, this.socket, this.body)
  }
}
