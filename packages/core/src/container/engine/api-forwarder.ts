import { createServer as createHttpServer, type Server } from 'node:http'
import { BlockList, createServer, isIPv6, type AddressInfo, type Socket } from 'node:net'
import { connectionCap } from '../../connection-cap.ts'
import { PlatformError } from '../../errors.ts'
import { forward, isForApi, refuse } from './forwarded-request.ts'

const MAX_CONNECTIONS = 1_024
const PER_CONTAINER = 128
/** As the API's own, so that neither end closes a connection under a request of the other. */
const BOUNDS = { keepAliveTimeout: 75_000, requestTimeout: 65_000, headersTimeout: 65_000, maxHeaderSize: 64 * 1024 }

/** This machine on a network of containers: its address, and who else may be there. */
export interface Gateway {
  readonly address: string
  /** One or several, as `10.1.0.0/16`. */
  readonly subnet: string | readonly string[]
  /** Who else may connect, by the address, where containers are in no subnet that is known. */
  readonly isContainer?: (address: string) => boolean
}

/** The API of the platform where containers can reach it. */
export interface ForwardedApi {
  /** What to tell a container in place of the API's own address. */
  readonly apiHost: string
  /**
   * Begins to listen, at the latest when the first container runs: some engines give this machine its address on a
   * network no sooner. Idempotent.
   * @throws ERR_START_FAILED nothing can listen there: the engine is on another machine, or this process in a container.
   */
  open(): Promise<void>
}

/**
 * Lets actions reach an API that listens on this machine's loopback address, which a container cannot: a port on this
 * machine's address of the containers' network, open to that network alone, leads to that API
 * below `/api/v1` and nowhere else: what an operator may ask is not for actions.
 */
export class ApiForwarder {
  readonly #forwarded = new Map<string, Promise<ForwardedApi>>()
  readonly #servers = new Set<Server>()
  readonly #perContainer: number
  /** Connections by the address of their container. */
  readonly #open = new Map<string, number>()

  constructor({ perContainer = PER_CONTAINER }: { readonly perContainer?: number } = {}) {
    this.#perContainer = perContainer
  }

  /** Addresses that are not of the loopback are left as they are, and so are all on a network without this machine. */
  for(apiHost: string, gateway: Gateway | undefined): Promise<ForwardedApi> {
    const target = loopbackTarget(apiHost)
    if (!target || !gateway) return Promise.resolve({ apiHost, open: () => Promise.resolve() })
    const key = `${gateway.address} ${apiHost}`
    let forwarded = this.#forwarded.get(key)
    if (!forwarded) {
      forwarded = this.#plan(key, target, gateway)
      this.#forwarded.set(key, forwarded)
      forwarded.catch(() => this.#forwarded.delete(key))
    }
    return forwarded
  }

  close(): void {
    for (const server of this.#servers) {
      server.close()
      server.closeAllConnections()
    }
    this.#servers.clear()
    this.#forwarded.clear()
  }

  async #plan(key: string, target: URL, gateway: Gateway): Promise<ForwardedApi> {
    const port = await freePort()
    const host = isIPv6(gateway.address) ? `[${gateway.address}]` : gateway.address
    let listening: Promise<void> | undefined
    return {
      // What it says is read here: towards a container it is plain HTTP.
      apiHost: `http://${host}:${port}`,
      open: () => {
        listening ??= this.#listen(target, gateway, port)
        // Another port may do.
        listening.catch(() => this.#forwarded.delete(key))
        return listening
      },
    }
  }

  #listen(target: URL, { address, subnet, isContainer }: Gateway, port: number): Promise<void> {
    const allowed = new BlockList()
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    for (const one of [subnet].flat()) {
      const [start = '', bits = ''] = one.split('/')
      allowed.addSubnet(start, Number(bits), isIPv6(start) ? 'ipv6' : 'ipv4')
    }
    const server = createHttpServer(BOUNDS, (request, response) => {
      // Nothing is upgraded, and nothing is read of what came behind a wish for it.
      if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false
      if (isForApi(request.url ?? '')) forward(request, response, target)
      else refuse(response, 404, 'Actions reach the API below /api/v1 here, and nothing else.')
    })
    // Ahead of the listener that reads from it.
    server.prependListener('connection', (socket: Socket) => {
      const from = socket.remoteAddress ?? ''
      // The address belongs to this machine, and containers on its other networks could find it.
      const mayConnect = allowed.check(from, family) || isContainer?.(from) === true
      if (!mayConnect || !this.#admit(socket, from)) socket.destroy()
    })
    server.maxConnections = Math.min(MAX_CONNECTIONS, Math.ceil(connectionCap().connections / 4))
    return new Promise((resolve, reject) => {
      const refused = (cause: Error): void => {
        const fix = 'set apiHost to an address that containers can reach'
        const what = `actions cannot reach the API at ${target.host}: cannot listen on ${address}: ${fix}`
        reject(new PlatformError('ERR_START_FAILED', what, { cause }))
      }
      server.once('error', refused)
      server.listen(port, address, () => {
        // A connection that cannot be accepted, for want of descriptors, is its container's loss.
        server.off('error', refused).on('error', () => undefined)
        this.#servers.add(server)
        server.unref()
        resolve()
      })
    })
  }

  /** False for one more than a container may have. */
  #admit(socket: Socket, from: string): boolean {
    const open = this.#open.get(from) ?? 0
    if (open >= this.#perContainer) return false
    this.#open.set(from, open + 1)
    socket.once('close', () => {
      const left = this.#open.get(from)! - 1
      if (left === 0) this.#open.delete(from)
      else this.#open.set(from, left)
    })
    return true
  }
}

function loopbackTarget(apiHost: string): URL | undefined {
  const text = /^https?:\/\//.test(apiHost) ? apiHost : `http://${apiHost}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname) ? url : undefined
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
