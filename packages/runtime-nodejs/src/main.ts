#!/usr/bin/env node
import { rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { ActionHost } from './action-host.ts'
import { actionListener, createActionServer } from './action-server.ts'
import type { ActivationLog } from './activation-log.ts'
import { ActivationScope } from './activation-scope.ts'
import { errorStack } from './reply.ts'
import { readRuntimeOptions, type RuntimeOptions } from './runtime-options.ts'
import { replaceStdio } from './stdio.ts'

const options = optionsOrExit()
const scope = new ActivationScope()
// One of the two is needed, and each module costs start-up time.
const log = options.logToken === undefined ? await sentinel() : await attributed(options.logToken)
replaceStdio((fd, bytes) => log.write(fd, bytes))
const host = new ActionHost(scope, log)

process.on('uncaughtException', (error) => escaped(error))
process.on('unhandledRejection', (reason) => escaped(reason))
process.on('exit', () => host.abandon())
// As the first process of a container this one would otherwise ignore both.
process.once('SIGTERM', () => process.exit(143))
process.once('SIGINT', () => process.exit(130))

if (options.lifeline !== undefined) watchLifeline(options.lifeline)
listen(options)

function optionsOrExit(): RuntimeOptions {
  try {
    return readRuntimeOptions(process.argv.slice(2), process.env)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(2)
  }
}

async function sentinel(): Promise<ActivationLog> {
  const { sentinelLog } = await import('./sentinel-log.ts')
  return sentinelLog()
}

async function attributed(token: string): Promise<ActivationLog> {
  const { attributedLog } = await import('./attributed-log.ts')
  scope.trackAsync()
  return attributedLog(token, scope)
}

/** Exits when the other end of `fd` closes, as it does even when the parent process is killed outright. */
function watchLifeline(fd: number): void {
  const gone = (): never => process.exit(0)
  const pipe = new Socket({ fd, readable: true, writable: false })
  pipe.on('end', gone).on('close', gone).on('error', gone).resume()
}

function listen({ socket, openToAll, port, host: address }: RuntimeOptions): void {
  const listener = actionListener(host)
  const create = (): ReturnType<typeof createActionServer> =>
    createActionServer(listener)
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

/** Nothing caught this. One call can answer for it; otherwise nobody knows what state the action is in. */
function escaped(error: unknown): void {
  process.stderr.write(`${errorStack(error)}\n`)
  const culprit = host.culprit()
  if (culprit) host.fail(culprit, error)
  else process.exit(1)
}
