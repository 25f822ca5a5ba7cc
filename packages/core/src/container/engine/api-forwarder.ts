import { BlockList, connect, createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net'
import { PlatformError } from '../../errors.ts'

const MAX_CONNECTIONS = 1_024

/** This machine on a network of containers: its address, and who else may be there. */
export interface Gateway {
  readonly address: string
  readonly subnet: string
}

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
 * machine's address of the containers' network, open to that network alone, leads to that API and nowhere else.
 */
export class ApiForwarder {
  readonly #forwarded = new Map<string, Promise<ForwardedApi>>()
  readonly #servers = new Set<Server>()
  readonly #sockets = new Set<Socket>()

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
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#servers.clear()
    this.#forwarded.clear()
  }

  async #plan(key: string, target: URL, gateway: Gateway): Promise<ForwardedApi> {
    const port = await freePort()
    const host = isIPv6(gateway.address) ? `[${gateway.address}]` : gateway.address
    let listening: Promise<void> | undefined
    return {
      apiHost: `${target.protocol}//${host}:${port}`,
      open: () => {
        listening ??= this.#listen(target, gateway, port)
        // Another port may do.
        listening.catch(() => this.#forwarded.delete(key))
        return listening
      },
    }
  }

  #listen(target: URL, { address, subnet }: Gateway, port: number): Promise<void> {
    const allowed = new BlockList()
    const [start = '', bits = ''] = subnet.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    allowed.addSubnet(start, Number(bits), family)
    const server = createServer((socket) => {
      // The address belongs to this machine, and containers on its other networks could find it.
      if (allowed.check(socket.remoteAddress ?? '', family)) this.#forward(socket, target)
      else socket.destroy()
    })
    server.maxConnections = MAX_CONNECTIONS
    return new Promise((resolve, reject) => {
      server.once('error', (cause) => {
        const fix = 'set apiHost to an address that containers can reach'
        const what = `actions cannot reach the API at ${target.host}: cannot listen on ${address}: ${fix}`
        reject(new PlatformError('ERR_START_FAILED', what, { cause }))
      })
      server.listen(port, address, () => {
        this.#servers.add(server)
        server.unref()
        resolve()
      })
    })
  }

  #forward(socket: Socket, target: URL): void {
    const host = target.hostname.replace(/^\[(.*)\]$/, '$1')
    const api = connect(Number(target.port || (target.protocol === 'https:' ? 443 : 80)), host)
    for (const [one, other] of [
      [socket, api],
      [api, socket],
    ] as const) {
      this.#sockets.add(one)
      one.setNoDelay(true)
      // The other side sees a connection that breaks, which is what happened.
      one.on('error', () => other.destroy())
      one.once('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
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
