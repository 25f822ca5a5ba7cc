import { rmSync } from 'node:fs'
import { type Server, Socket } from 'node:net'
import type { ActionEndpoint } from './action-endpoint.ts'
import { actionListener } from './action-listener.ts'
import type { ActivationLog } from './activation-log.ts'
import type { OutputOwner } from './activation-scope.ts'
import { attributedLog } from './attributed-log.ts'
import { readRuntimeOptions, type RuntimeOptions } from './runtime-options.ts'
import { sentinelLog } from './sentinel-log.ts'

/** Ends the process with exit code 2 where options are wrong. */
export function optionsOrExit(args: readonly string[]): RuntimeOptions {
  try {
    return readRuntimeOptions(args, process.env)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(2)
  }
}

export function openLog({ logToken, logEnd }: RuntimeOptions, scope: OutputOwner): ActivationLog {
  return logToken === undefined ? sentinelLog() : attributedLog(logToken, logEnd, scope)
}

/** Answers requests until a signal, or the end of the lifeline, ends the process. */
export function serve(host: ActionEndpoint, options: RuntimeOptions): void {
  // As the first process of a container this one would otherwise ignore both.
  process.once('SIGTERM', () => process.exit(143))
  process.once('SIGINT', () => process.exit(130))
  if (options.lifeline !== undefined) watchLifeline(options.lifeline)
  listen(host, options)
}

/** Exits when the other end of `fd` closes, as it does even when the parent process is killed outright. */
function watchLifeline(fd: number): void {
  const gone = (): never => process.exit(0)
  const pipe = new Socket({ fd, readable: true, writable: false })
  pipe.on('end', gone).on('close', gone).on('error', gone).resume()
}

function listen(host: ActionEndpoint, { socket, openToAll, port, host: address }: RuntimeOptions): void {
  const listener = actionListener(host)
  const create = (): Server =>
    listener()
      .on('error', (error) => stop(error.message))
      .on('close', () => stop('The action closed the server that receives its calls.'))

  if (port !== undefined) create().listen(port, address)
  if (socket === undefined) return
  const open = { readableAll: openToAll, writableAll: openToAll }
  create().listen({ path: socket, ...open }, () => process.once('exit', () => remove(socket)))
}

function remove(socket: string): void {
  try {
    rmSync(socket, { force: true })
  } catch {
    // Who mounted the folder may have closed it to this user, and then removes the socket as well.
  }
}

function stop(reason: string): never {
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}
