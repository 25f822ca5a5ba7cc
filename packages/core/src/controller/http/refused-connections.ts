import type { Server } from 'node:net'
import type { Logger } from '../../log.ts'
import type { Clock } from '../../time/clock.ts'

const PAUSE_MS = 10_000

/**
 * What a listening server does about connections that cannot be accepted, for want of descriptors or memory, or because
 * as many as may be are open: it goes on. They come in thousands: the first is logged, and how many there were in each
 * ten seconds after it.
 */
export function tellRefusedConnections(server: Server, logger: Logger, clock: Clock): void {
  let count = 0
  let quiet = false
  const tell = (err: unknown): void => {
    quiet = true
    logger.warn({ err, connections: count }, 'connections could not be accepted')
    count = 0
    clock.setTimer(PAUSE_MS, () => {
      quiet = false
      if (count > 0) tell(err)
    })
  }
  const refused = (error: unknown): void => {
    count++
    if (!quiet) tell(error)
  }
  server.on('error', refused)
  server.on('drop', () => refused(new Error(`${server.maxConnections} connections are open, and no more may be`)))
}
