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
    void http.then((server) => {
      server.emit('connection', socket)
      socket.resume()
    })
  }

  const greet = (socket: Socket): void => {
    let first = ''
    const onData = (chunk: Buffer): void => {
      first += chunk.toString('latin1')
      if (first.length < OPENING.length && OPENING.startsWith(first)) return
      socket.off('data', onData)
      if (!first.startsWith(OPENING)) return toHttp(socket, Buffer.from(first, 'latin1'))
      socket.write(ACCEPTANCE, 'latin1')
      const connection = new FrameConnection(socket, turns)
      if (first.length > OPENING.length) connection.take(Buffer.from(first.slice(OPENING.length), 'latin1'))
    }
    socket.on('data', onData)
    // A client that goes is no failure of this process; without a listener it would be one.
    socket.on('error', () => undefined)
  }
  return () => createServer({ noDelay: true }, greet)
}
