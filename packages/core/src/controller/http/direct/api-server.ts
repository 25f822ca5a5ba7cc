import { Server, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../time/clock.ts'
import { DirectConnection, type ConnectionHost } from './direct-connection.ts'
import type { DirectRequest } from './direct-request.ts'
import type { DirectResponse } from './direct-response.ts'

const TICK_MS = 1000

/** A request that was read by either. */
export type HttpRequest = IncomingMessage | DirectRequest
/** The response that belongs to it. */
export type HttpResponse = ServerResponse | DirectResponse
/** Answers a request; the response has the form of its request. */
export type HttpListener = (request: HttpRequest, response: HttpResponse) => void

/**
 * A server of node:http that reads requests of the common shape itself, with a fraction of the work, and leaves every
 * other connection to node:http.
 */
export class ApiServer extends Server {
  readonly #clock: Clock
  readonly #host: ConnectionHost
  readonly #connections = new Set<DirectConnection>()
  #tick = 0
  #ticking = false

  /** `leaves`: requests that node:http is to read. */
  constructor(options: ServerOptions, handle: HttpListener, clock: Clock, leaves?: (url: string) => boolean) {
    super(options, handle)
    this.#clock = clock
    this.#host = this.#makeHost(handle, leaves, this.listeners('connection') as ((socket: Duplex) => void)[])
    this.removeAllListeners('connection')
    this.on('connection', (socket: Duplex) => {
      this.#connections.add(new DirectConnection(this.#host, socket))
      if (!this.#ticking) this.#arm()
    })
  }

  override closeIdleConnections(): void {
    for (const connection of this.#connections) if (connection.isIdle) connection.socket.destroy()
    super.closeIdleConnections()
  }

  override closeAllConnections(): void {
    for (const { socket } of this.#connections) socket.destroy()
    super.closeAllConnections()
  }

  #makeHost(
    handle: HttpListener,
    leaves: ConnectionHost['leaves'],
    byNode: readonly ((socket: Duplex) => void)[],
  ): ConnectionHost {
    const tick = (): number => this.#tick
    const keepAliveMs = (): number => this.keepAliveTimeout
    return {
      clock: this.#clock,
      handle,
      leaves,
      get tick() {
        return tick()
      },
      get keepAliveMs() {
        return keepAliveMs()
      },
      handOver: (socket, bytes) => {
        if (bytes.length > 0) socket.unshift(bytes)
        for (const listener of byNode) listener.call(this, socket)
        socket.resume()
      },
      cutOff: (socket, rawPacket) => {
        const error = new Error('Parse Error: the connection ended in the middle of a request')
        const told = this.emit(
          'clientError',
          Object.assign(error, { code: 'HPE_INVALID_EOF_STATE', rawPacket }),
          socket,
        )
        if (!told) socket.destroy()
      },
      left: (connection) => void this.#connections.delete(connection),
    }
  }

  #arm(): void {
    this.#ticking = true
    this.#clock.setTimer(TICK_MS, () => {
      this.#ticking = false
      this.#tick++
      // After what has arrived was read: a process that stood still looks at its timers first.
      setImmediate(() => {
        for (const connection of this.#connections) connection.onTick(this.#tick)
      })
      if (this.#connections.size > 0) this.#arm()
    })
  }
}
