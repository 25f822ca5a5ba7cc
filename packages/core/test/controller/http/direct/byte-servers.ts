import { once } from 'node:events'
import { createServer, Server, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { duplexPair } from '../../../../src/assembly/duplex-pair.ts'
import { ApiServer, type HttpRequest } from '../../../../src/controller/http/direct/api-server.ts'
import { DirectRequest } from '../../../../src/controller/http/direct/direct-request.ts'
import { DirectResponse } from '../../../../src/controller/http/direct/direct-response.ts'
import { SystemClock } from '../../../../src/time/system-clock.ts'

/** What a server understood of some bytes. */
export interface Understood {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly httpVersion: string
  readonly body: string
}

/** Two servers of the same options: one of node:http alone, and one that reads what it can itself. */
export class ByteServers {
  readonly #node: Server
  readonly #direct: Server
  readonly #understood = new Map<Server, Understood[]>()
  /** Requests that were not node:http's. */
  direct = 0

  constructor() {
    const options = { requireHostHeader: false, maxHeaderSize: 64 * 1024 }
    this.#node = createServer(options, (request, response) => {
      this.#note(this.#node, request, () => response.end('ok'))
    })
    this.#direct = new ApiServer(
      options,
      (request, response) => {
        if (request instanceof DirectRequest) this.direct++
        this.#note(this.#direct, request, () => {
          if (response instanceof DirectResponse) response.send({ status: 200, body: 'ok' }, 'x', [])
          else response.end('ok')
        })
      },
      new SystemClock(),
    )
    for (const server of [this.#node, this.#direct]) {
      server.on('clientError', (_error, socket: Duplex) => {
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n', () => socket.destroy())
      })
    }
  }

  /** For connections of the operating system. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#direct.listen(0, '127.0.0.1', resolve))
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#direct.close(resolve))
  }

  /** What each understands of a connection on which these pieces come and that then ends. */
  async send(pieces: readonly Buffer[]): Promise<{ readonly node: Told; readonly direct: Told }> {
    const [node, direct] = await Promise.all([this.#ask(this.#node, pieces), this.#ask(this.#direct, pieces)])
    return { node, direct }
  }

  async #connection(server: Server): Promise<[Duplex, Duplex]> {
    if (!server.listening) {
      const pair = duplexPair()
      server.emit('connection', pair[1])
      return pair
    }
    const accepted = once(server, 'connection') as Promise<[Duplex]>
    const { port } = server.address() as AddressInfo
    const ours = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const [theirs] = await accepted
    return [ours, theirs]
  }

  async #ask(server: Server, pieces: readonly Buffer[]): Promise<Told> {
    this.#understood.set(server, [])
    const [ours, theirs] = await this.#connection(server)
    let answer = ''
    const gone = new Promise<void>((resolve) => {
      ours.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk))
      ours.on('error', () => resolve()).on('close', () => resolve())
      theirs.on('close', () => resolve())
    })
    for (const piece of pieces) {
      if (ours.writable) ours.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    ours.end()
    await gone
    return {
      understood: this.#understood.get(server)!,
      statuses: [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)),
    }
  }

  #note(server: Server, request: HttpRequest, answer: () => void): void {
    if (request instanceof DirectRequest) {
      this.#add(server, request, request.body)
      answer()
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      this.#add(server, request, Buffer.concat(chunks))
      answer()
    })
  }

  #add(server: Server, request: IncomingMessage | DirectRequest, body: Buffer): void {
    const { method = '', url = '', headers, rawHeaders, httpVersion } = request
    const understood = { method, url, headers, rawHeaders, httpVersion, body: body.toString('latin1') }
    this.#understood.get(server)!.push(understood)
  }
}

export interface Told {
  readonly understood: readonly Understood[]
  readonly statuses: readonly number[]
}
