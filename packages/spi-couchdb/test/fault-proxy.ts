import { readFileSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/**
 * What the proxy does with a request. `swallow` passes it on and breaks the connection instead of answering; `hold`
 * does not pass it on before the fault is over.
 */
export type Fault =
  | 'none'
  | 'swallow'
  | 'hold'
  | {
      readonly status: number
      readonly headers?: Record<string, string>
      /** As JSON, or as it is. Default: that the disk is full. */
      readonly body?: object | string
    }

/** `body` is what the client sent. */
export type ChooseFault = (seen: SeenRequest, body: Buffer) => Fault

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly bytes: number
  readonly headers: IncomingMessage['headers']
}

/** Stands in front of a real server and does what networks and full disks do. */
export class FaultProxy {
  readonly #target: URL
  readonly #server: Server
  readonly #tls: boolean
  readonly #held: (() => void)[] = []
  readonly seen: SeenRequest[] = []
  /** Accepted so far. */
  connections = 0
  #port = 0
  #choose: ChooseFault = () => 'none'

  private constructor(target: URL, tls: boolean) {
    this.#target = target
    this.#tls = tls
    const file = (name: string): Buffer => readFileSync(new URL(`../../../test/tls/${name}.pem`, import.meta.url))
    const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => void this.#handle(incoming, outgoing)
    this.#server = tls ? createTlsServer({ cert: file('certificate'), key: file('key') }, handle) : createServer(handle)
    this.#server.on(tls ? 'secureConnection' : 'connection', () => this.connections++)
  }

  static async start(target: string, { tls = false }: { readonly tls?: boolean } = {}): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(target), tls)
    await proxy.up()
    return proxy
  }

  /** Like the address of the server behind, credentials included. */
  get url(): string {
    const url = new URL(this.#target)
    url.protocol = this.#tls ? 'https:' : 'http:'
    url.hostname = '127.0.0.1'
    url.port = String(this.#port)
    return url.href.replace(/\/$/, '')
  }

  /** For the requests that come from now on; those that are held are passed on. */
  set fault(fault: Fault | ChooseFault) {
    this.#choose = typeof fault === 'function' ? fault : () => fault
    for (const release of this.#held.splice(0)) release()
  }

  /** Listens again, where it did before, if it does not. */
  up(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#server.listening) return resolve()
      this.#server.once('error', reject)
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port
        resolve()
      })
    })
  }

  /** Nobody listens any more, and connections are broken, as when the server is killed. */
  down(): Promise<void> {
    this.fault = 'none'
    return new Promise((resolve) => {
      if (!this.#server.listening) return resolve()
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
    } catch {
      // The client is gone.
      return
    }
    const body = Buffer.concat(chunks)
    const { method = 'GET', url: path = '/', headers } = incoming
    const seen = { method, path, headers, bytes: body.length }
    this.seen.push(seen)
    const fault = this.#choose(seen, body)
    if (fault === 'hold') await new Promise<void>((resolve) => this.#held.push(resolve))
    if (typeof fault === 'object') {
      outgoing.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
      const { body: answer = { error: 'internal_server_error', reason: 'enospc' } } = fault
      outgoing.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
      return
    }
    this.#passOn({ method, path, headers, body }, outgoing, fault === 'swallow')
  }

  #passOn(
    {
      method,
      path,
      headers,
      body,
    }: { method: string; path: string; headers: IncomingMessage['headers']; body: Buffer },
    outgoing: ServerResponse,
    swallow: boolean,
  ): void {
    const { hostname, port } = this.#target
    const { 'transfer-encoding': _, ...rest } = headers
    const onward = request({ hostname, port, method, path, headers: { ...rest, 'content-length': body.length } })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', (reply) => {
      if (swallow) {
        reply.resume().on('end', () => outgoing.destroy())
        return
      }
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(outgoing)
    })
    onward.end(body)
  }
}
