import { AdministrationError, PlatformError } from '@stemcell/core'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { AdminCommand } from './admin-command.ts'
import { adminReply } from './admin-reply.ts'
import { CommandFailure } from './command-failure.ts'
import type { PrintLine } from './print-line.ts'
import { addressOf } from './socket-file.ts'

/** There is no socket, or nobody behind it, or not any more. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTDIR', 'ENOTSOCK'])

/**
 * Has a running server execute the command; false when none answers at the socket.
 * @throws AdministrationError the server refused.
 * @throws ERR_UNAVAILABLE     the server ended before it had answered.
 * @throws ERR_CONFIG          the socket belongs to somebody else.
 */
export async function askServer(path: string, command: AdminCommand, print: PrintLine): Promise<boolean> {
  const socket = await reach(path)
  if (!socket) return false
  // A broken connection is an answer without an end.
  socket.on('error', () => socket.destroy())
  socket.write(`${JSON.stringify(command)}\n`)
  for await (const text of createInterface({ input: socket })) {
    const reply = adminReply.parse(JSON.parse(text))
    if ('line' in reply) await print(reply.line)
    else if (reply.end === null) return true
    else if (reply.exitCode !== undefined) throw new CommandFailure(reply.end, reply.exitCode)
    else throw new AdministrationError('invalid', reply.end)
  }
  throw new PlatformError('ERR_UNAVAILABLE', 'the server ended before it had answered: ask again')
}

async function reach(path: string): Promise<Socket | undefined> {
  const socket = connect(addressOf(path))
  try {
    await once(socket, 'connect')
    return socket
  } catch (cause) {
    socket.destroy()
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (NOBODY.has(code)) return undefined
    const fix = 'run the command as the user who runs the server'
    throw new PlatformError('ERR_CONFIG', `admin socket: ${path} cannot be opened (${code}): ${fix}`, { cause })
  }
}
