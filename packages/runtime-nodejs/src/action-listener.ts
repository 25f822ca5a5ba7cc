import { createServer, type Server, type Socket } from 'node:net'
import type { ActionEndpoint } from './action-endpoint.ts'
import { FrameConnection } from './frame-connection.ts'
import { ACCEPTANCE, OPENING } from './frame-format.ts'
import { Turns } from './turns.ts'

/**
 * Makes servers whose connections speak frames, if their first bytes are the opening, and HTTP otherwise. The HTTP
 * stack is not even loaded until somebody needs it: that is a third of what a fresh process would otherwise compile.
 */
export function actionListener(host: ActionEndpoint): () => Server {
  const turns = new Turns(host)
  let http: Promise<Server> | undefined

  const toHttp = (socket: Socket, bytes: Buffer): void => {
    socket.pause()
    socket.unshift(bytes)
    http ??= import('./action-server.ts').then(({ actionServer }) => actionServer(host))
    http.then(
      (server) => {
        server.emit('connection', socket)
        socket.resume()
      },
      () => {
        // An action may have taken every descriptor; the next caller may be luckier.
        http = undefined
        socket.destroy()
      },
    )
  }

  const greet = (socket: Socket): void => {
    let first = ''
    const onData = (chunk: Buffer): void => {
      first += chunk.toString('latin1')
      if (first.length < OPENING.length && OPENING.startsWith(first)) return
      socket.off('data', onData).off('end', leave)
      if (!first.startsWith(OPENING)) return toHttp(socket, Buffer.from(first, 'latin1'))
      socket.write(ACCEPTANCE, 'latin1')
      const connection = new FrameConnection(socket, turns)
      if (first.length === OPENING.length) return
      const rest = Buffer.from(first.slice(OPENING.length), 'latin1')
      connection.take(rest, rest.length)
    }
    const leave = (): void => void socket.destroy()
    socket.on('data', onData).on('end', leave)
    // A client that goes is no failure of this process; without a listener it would be one.
    socket.on('error', () => undefined)
  }
  // A client of HTTP may end its side behind its request, and still wants the answer.
  return () => createServer({ noDelay: true, allowHalfOpen: true }, greet)
}
