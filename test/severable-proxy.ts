import { createServer, connect, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

/** Where a server listens: a port, or a socket in the file system. */
export type Target = { readonly host: string; readonly port: number } | { readonly path: string }

/**
 * A way to a server that can be cut, as a cable that is pulled: nobody is told, nothing arrives, new connections
 * are not answered. When it is mended, what was under way goes on.
 */
export class SeverableProxy {
  /** Of the loopback; 0 where it listens to a `path`. */
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #cut = false

  private constructor(server: Server) {
    this.#server = server
    const address = server.address()
    this.port = typeof address === 'object' && address ? address.port : 0
  }

  /** Listens to a free port, or to a socket in the file system. */
  static async to(target: Target, path?: string): Promise<SeverableProxy> {
    // Either side may be done before the other.
    const server = createServer({ allowHalfOpen: true })
    server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
    await once(server, 'listening')
    const proxy = new SeverableProxy(server)
    server.on('connection', (near) => {
      const far = connect({ ...target, allowHalfOpen: true })
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        proxy.#sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('data', (data) => other.write(data))
        socket.on('end', () => other.end())
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
