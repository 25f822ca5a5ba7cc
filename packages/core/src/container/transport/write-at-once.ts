import { writeSync } from 'node:fs'
import type { Socket } from 'node:net'

/** What stands below a socket. It is nobody's promise, so it is looked at first. */
interface Handle {
  readonly fd?: number
}

/** What becomes of bytes that are written; `refused` where the peer takes nothing any more. */
export type Written = 'taken' | 'refused'

/**
 * Writes all of it, in order, at once where that is possible; `bytes` may be used again afterwards. A peer that takes nothing any
 * more has often said something before: Node.js would end the socket with what is still to be read, this does not.
 */
export function writeAtOnce(socket: Socket, bytes: Buffer): Written {
  let taken = 0
  const fd = (Reflect.get(socket, '_handle') as Handle | null)?.fd
  if (fd !== undefined && fd >= 0 && socket.writableLength === 0) {
    try {
      taken = writeSync(fd, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return 'refused'
    }
  }
  if (taken < bytes.length) socket.write(Buffer.from(bytes.subarray(taken)))
  return 'taken'
}
