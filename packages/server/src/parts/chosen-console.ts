import { createConsole, createInvokerRelay, type Console, type InvokerRelay } from '@stemcell/console'
import { mergeObservers, type Mount, type PlatformObservers } from '@stemcell/core'
import { randomBytes } from 'node:crypto'
import type { Config } from '../config/config-schema.ts'
import { isLoopback } from '../is-loopback.ts'
import type { DataFolder } from '../standalone/data-folder.ts'

/** The console of a controller, if it is to have one. Its operator is the configuration's. */
export function controllerConsole(config: Config): Console | undefined {
  const { operator } = config.api
  return isWanted(config) ? createConsole({ operator }) : undefined
}

/** What an invoker of a cluster needs for the consoles of the controllers. */
export function invokerRelay(config: Config): InvokerRelay | undefined {
  return isWanted(config) ? createInvokerRelay() : undefined
}

/** The same for a server of one process: without an operator in the configuration it has one, whose password is kept in the data folder. */
export function standaloneConsole(config: Config, data: DataFolder): Console | undefined {
  if (!isWanted(config)) return undefined
  return createConsole({ operator: config.api.operator ?? keptOperator(data) })
}

function isWanted({ console, host }: Config): boolean {
  return console ?? isLoopback(host)
}

function keptOperator(data: DataFolder): { readonly username: string; readonly password: string } {
  const [, username, password] = /^([^:\s]+):(\S+)\s*$/.exec(data.readSecret(data.operatorKey) ?? '') ?? []
  if (username !== undefined && password !== undefined) return { username, password }
  const made = { username: 'operator', password: randomBytes(24).toString('base64url') }
  data.writeSecret(data.operatorKey, `${made.username}:${made.password}\n`)
  return made
}

/** Where its page is, for `assemble()`. */
export function consoleMounts(console: Console | undefined): { readonly mounts?: readonly Mount[] } {
  return console ? { mounts: [console.mount] } : {}
}

/** All are told; nobody, when there is none. */
export function observersOf(all: readonly (PlatformObservers | undefined)[]): {
  readonly observers?: PlatformObservers
} {
  const given = all.filter((observers) => observers !== undefined)
  return given.length === 0 ? {} : { observers: mergeObservers(...given) }
}
