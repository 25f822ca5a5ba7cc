import { PlatformError } from '@stemcell/core'
import { BlockList, connect, createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Network } from './networks.ts'

const MAX_CONNECTIONS = 1_024

/**
 * Lets actions reach an API that listens on this machine's loopback address, which a container cannot: a port on this
 * machine's address of the containers' network, open to that network alone, leads to that API and nowhere else.
 */
export class ApiForwarder {
  readonly #ports = new Map<string, Promise<string>>()
  readonly #servers = new Set<Server>()
  readonly #sockets = new Set<Socket>()

  /**
   * What to tell a container on `network` in place of `apiHost`. Addresses that are not of the loopback are returned
   * as they are, as is anything on a network without this machine.
   * @throws ERR_START_FAILED nothing can listen there: the engine is on another machine, or this process in a container.
   */
  addressFor(apiHost: string, { gateway }: Network): Promise<string> {
    const target = loopbackTarget(apiHost)
    if (!target || !gateway) return Promise.resolve(apiHost)
    const key = `${gateway.address} ${apiHost}`
    let address = this.#ports.get(key)
    if (!address) {
      address = this.#listen(target, gateway)
      this.#ports.set(key, address)
      address.catch(() => this.#ports.delete(key))
    }
    return address
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#servers.clear()
    this.#ports.clear()
  }

  #listen(target: URL, gateway: NonNullable<Network['gateway']>): Promise<string> {
    const { address, subnet } = gateway
    const allowed = new BlockList()
    const [start = '', bits = ''] = subnet.split('/')
    allowed.addSubnet(start, Number(bits), isIPv6(start) ? 'ipv6' : 'ipv4')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
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
      server.listen(0, address, () => {
        this.#servers.add(server)
        server.unref()
        const { port } = server.address() as AddressInfo
        resolve(`${target.protocol}//${family === 'ipv6' ? `[${address}]` : address}:${port}`)
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
