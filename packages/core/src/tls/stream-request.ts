import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { FLAG_END_STREAM } from './http2.ts'

/**
 * A request that came over HTTP/2, in the form of node:http. The stream takes the place of the socket: reading, pausing
 * and destroying mean the stream, never the connection that it shares with others.
 */
export class StreamRequest extends IncomingMessage {
  readonly stream: ServerHttp2Stream

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: readonly string[]) {
    super(stream as unknown as Socket)
    this.stream = stream
    this.httpVersion = '2.0'
    this.httpVersionMajor = 2
    this.httpVersionMinor = 0
    this.method = headers[':method'] ?? ''
    this.url = headers[':path'] ?? '/'
    this.#head(headers, rawHeaders)
    if ((flags & FLAG_END_STREAM) !== 0) {
      this.complete = true
      this.push(null)
      stream.resume()
      return
    }
    // A body of unknown length is one that came in chunks.
    if (headers['content-length'] === undefined) {
      this.headers['transfer-encoding'] = 'chunked'
      this.rawHeaders.push('Transfer-Encoding', 'chunked')
    }
    // Nothing flows before somebody reads.
    stream.pause()
    stream.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause()
    })
    stream.once('end', () => {
      this.complete = true
      this.push(null)
    })
    stream.once('close', () => {
      if (!this.complete) this.destroy(new Error('aborted'))
    })
  }

  /** What HTTP/1.1 has as `Host` comes as a pseudo-header. */
  #head(headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
    const authority = headers[':authority']
    const kept: IncomingHttpHeaders = {}
    const raw: string[] = []
    if (authority !== undefined) {
      kept.host = authority
      raw.push('Host', authority)
    }
    for (const name in headers) {
      if (!name.startsWith(':') && !(name in kept)) kept[name] = headers[name]
    }
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index]!
      if (name.startsWith(':') || (name === 'host' && authority !== undefined)) continue
      raw.push(name, rawHeaders[index + 1]!)
    }
    this.headers = kept
    this.rawHeaders = raw
  }
}
