import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

/**
 * A way to a server of TCP that can be cut, as a cable that is pulled: nobody is told, nothing arrives, new connections
 * are not answered. When it is mended, what was under way goes on.
 */
export class SeverableProxy {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #cut = false

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  static async to(target: { readonly host: string; readonly port: number }): Promise<SeverableProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new SeverableProxy(server)
    server.on('connection', (near) => {
      const far = connect(target.port, target.host)
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        proxy.#sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('data', (data) => other.write(data))
        socket.on('error', () => other.destroy())
        socket.on('close', () => {
          proxy.#sockets.delete(socket)
          other.destroy()
        })
        if (proxy.#cut) socket.pause()
      }
    })
    return proxy
  }

  cut(): void {
    this.#cut = true
    for (const socket of this.#sockets) socket.pause()
  }

  mend(): void {
    this.#cut = false
    for (const socket of this.#sockets) socket.resume()
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }
}
