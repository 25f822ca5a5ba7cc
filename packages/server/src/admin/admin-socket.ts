import {
  AdministrationError,
  isPlatformError,
  PlatformError,
  tellRefusedConnections,
  SystemClock,
  type Logger,
} from '@stemcell/core'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { adminCommand, type AdminCommand } from './admin-command.ts'
import type { AdminReply } from './admin-reply.ts'
import type { AdminTarget } from './admin-target.ts'
import { CommandFailure } from './command-failure.ts'
import { execute } from './execute.ts'
import { bindPrivately, removeSocket } from './socket-file.ts'

const MAX_COMMAND_BYTES = 64 * 1024

/**
 * Answers administrative commands while the server holds the stores: one command a connection, on a unix socket that
 * only the owner of the data folder, and root, may open.
 */
export class AdminSocket {
  readonly #path: string
  readonly #target: AdminTarget
  readonly #logger: Logger
  readonly #connections = new Set<Socket>()
  #server: Server | undefined

  constructor(path: string, target: AdminTarget, logger: Logger) {
    this.#path = path
    this.#target = target
    this.#logger = logger
  }

  /** Replaces a socket that a killed server left behind. @throws ERR_CONFIG it cannot be made. */
  async open(): Promise<void> {
    const server = createServer((socket) => void this.#serve(socket))
    try {
      await bindPrivately(server, this.#path)
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
      const fix = 'choose a data folder on a local file system'
      throw new PlatformError('ERR_CONFIG', `admin socket: ${this.#path} cannot be made (${code}): ${fix}`, { cause })
    }
    tellRefusedConnections(server, this.#logger, new SystemClock())
    this.#server = server
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#connections) socket.destroy()
    await closed
    removeSocket(this.#path)
  }

  /** Never rejects. */
  async #serve(socket: Socket): Promise<void> {
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
    // The caller went away; whatever writes notices.
    socket.on('error', () => socket.destroy())
    const send = async (reply: AdminReply): Promise<void> => {
      if (socket.destroyed) throw new CallerGone('the caller closed the connection')
      if (!socket.write(`${JSON.stringify(reply)}\n`))
        await Promise.race([once(socket, 'drain'), once(socket, 'close')])
    }
    try {
      const command = await readCommand(socket)
      this.#logger.info({ command: command.do }, 'administrative command')
      await execute(command, this.#target, (line) => send({ line }))
      await send({ end: null })
    } catch (error) {
      if (!(error instanceof CallerGone) && !socket.destroyed) await send(this.#refusal(error))
    } finally {
      socket.end()
    }
  }

  #refusal(error: unknown): AdminReply {
    if (error instanceof CommandFailure) return { end: error.message, exitCode: error.exitCode }
    if (error instanceof AdministrationError || isPlatformError(error)) return { end: error.message }
    this.#logger.error({ err: error }, 'administrative command failed')
    return { end: 'the command failed; the log of the server says why' }
  }
}

class CallerGone extends Error {
  override readonly name = 'CallerGone'
}

async function readCommand(socket: Socket): Promise<AdminCommand> {
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_COMMAND_BYTES) socket.destroy()
  })
  for await (const line of createInterface({ input: socket })) {
    const parsed = adminCommand.safeParse(parseJson(line))
    if (parsed.success) return parsed.data
    throw new AdministrationError('invalid', 'the server does not know this command: use a client of its own version')
  }
  throw new CallerGone('the caller sent no command')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
