import type { Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../time/clock.ts'

const LOOK_MS = 15_000
/** A client may take nothing of its answer for so long, and as long again as this rate needs for what waits. */
const STILL_MS = 60_000
const LEAST_BYTES_PER_MS = 16

/** What had been taken when something was first seen to wait behind it. */
interface Waiting {
  readonly taken: number
  readonly untilMs: number
}

/**
 * Ends connections whose clients do not read their answers: for a minute nothing was taken. A part that is sent as one
 * may take as long as it does at 16 kB/s. Costs a look at each connection now and then, and nothing per request.
 */
export function endStalledClients(server: Server, clock: Clock): void {
  const connections = new Map<Socket, Waiting | undefined>()
  let looking = false
  const look = (): void => {
    const nowMs = clock.monotonic()
    for (const [socket, before] of connections) {
      const bytes = socket.writableLength
      // However much more is written meanwhile, it is what the client takes that counts.
      const taken = socket.bytesWritten - bytes
      if (socket.destroyed) connections.delete(socket)
      else if (bytes === 0) connections.set(socket, undefined)
      else if (before?.taken !== taken)
        connections.set(socket, { taken, untilMs: nowMs + STILL_MS + bytes / LEAST_BYTES_PER_MS })
      else if (nowMs >= before.untilMs) socket.destroy()
    }
  }
  const arm = (): void => {
    looking = true
    clock.setTimer(LOOK_MS, () => {
      looking = false
      look()
      if (connections.size > 0) arm()
    })
  }
  const watch = (socket: Duplex): void => {
    // Within the process there are others.
    if (!(socket instanceof Socket)) return
    connections.set(socket, undefined)
    socket.once('close', () => void connections.delete(socket))
    if (!looking) arm()
  }
  server.on('connection', watch)
  // Of TLS, what waits is with the socket that encrypts.
  server.on('secureConnection', watch)
}
