import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHttpServer } from '../controller/http/http-server.ts'
import { PlatformError } from '../errors.ts'
import type { Clock, Timer } from '../time/clock.ts'
import type { Random } from '../time/random.ts'
import { within } from '../time/within.ts'

/** How long connections that are busy after everything was drained are let be, ms. */
const LAST_ANSWERS_MS = 1000
const SWEEP_MS = 20

/** The servers of one API: those that listen on ports, and one for clients in the same process. */
export class HttpListeners {
  /** Serves connections that are handed to it; has no port. */
  readonly embedded: Server
  readonly #handle: RequestListener
  readonly #clock: Clock
  readonly #random: Random
  readonly #servers: Server[] = []
  #url: string | undefined

  constructor(handle: RequestListener, clock: Clock, random: Random) {
    this.#handle = handle
    this.#clock = clock
    this.#random = random
    this.embedded = createHttpServer(handle, random)
  }

  /** Of the first port; undefined before there is one. */
  get url(): string | undefined {
    return this.#url
  }

  /** @throws ERR_CONFIG the port is in use or may not be bound; the message names it. */
  async listen({ host = '127.0.0.1', port }: { readonly host?: string; readonly port: number }): Promise<string> {
    const server = createHttpServer(this.#handle, this.#random)
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        const why =
          cause.code === 'EADDRINUSE' ? 'is in use; choose another with --port' : `cannot be used (${cause.code})`
        reject(new PlatformError('ERR_CONFIG', `http: ${host}:${port} ${why}`, { cause }))
      })
      server.listen(port, host, resolve)
    })
    this.#servers.push(server)
    const { port: actual } = server.address() as AddressInfo
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${actual}`
    this.#url ??= url
    return url
  }

  /** Takes no new connections, waits for `drained`, and then ends those that are left. */
  async close(drained: () => Promise<void>): Promise<void> {
    const servers = [...this.#servers.splice(0), this.embedded]
    const closed = Promise.all(servers.map((server) => closeServer(server, this.#clock)))
    await drained()
    for (const server of servers) server.closeIdleConnections()
    await within(this.#clock, closed, LAST_ANSWERS_MS)
    for (const server of servers) server.closeAllConnections()
    await closed
  }
}

/** Resolves when the last connection is gone; idle ones are closed as they become so. */
function closeServer(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let next: Timer | undefined
    const sweep = (): void => {
      server.closeIdleConnections()
      next = clock.setTimer(SWEEP_MS, sweep)
    }
    sweep()
    // A server that never listened calls back with an error, and still has to let its connections go.
    server.close(() => {
      next?.cancel()
      resolve()
    })
  })
}
