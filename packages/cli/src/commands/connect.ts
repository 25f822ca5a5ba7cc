import { join, resolve } from 'node:path'
import { CommandEnd, type Context } from '../context.ts'
import { Api, ApiError } from '../server/api.ts'
import type { Connection } from '../server/connection.ts'
import { findServer, type Wanted } from '../server/find-server.ts'

/** Flags of every command that talks to a server. */
export interface ServerFlags {
  readonly apihost?: string
  readonly auth?: string
  readonly insecure?: boolean
  readonly data?: string
}

/** @throws CommandEnd nothing says where a server is */
export function connectionOf(flags: ServerFlags, context: Context): Connection {
  const { apihost, auth, insecure, data } = flags
  const wanted: Wanted = { apihost, auth: auth ?? undefined, insecure, data }
  const connection = findServer(wanted, context)
  if (connection) return connection
  if (data !== undefined) {
    const folder = resolve(context.cwd, data)
    throw new CommandEnd(1, `${folder} is no data folder of a server: there is no ${join(folder, '.wskprops')}`)
  }
  const fix =
    'start one here with `stemcell`, or name one with --apihost and --auth, WHISK_APIHOST and WHISK_AUTH, or ~/.wskprops'
  throw new CommandEnd(1, `no server is known: ${fix}`)
}

export function connect(flags: ServerFlags, context: Context): Api {
  return new Api(connectionOf(flags, context))
}

const UNREACHABLE = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|socket hang up|EHOSTUNREACH|ETIMEDOUT|certificate/i

/** What a failure to reach a server, or its refusal of a key, should say beyond what the server says. */
export function hintFor(error: unknown, { apihost, source, keySource }: Connection): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  if (error.status === undefined) {
    const certificate = /certificate/i.test(error.message) ? '; --insecure takes its certificate as it is' : ''
    return UNREACHABLE.test(error.message)
      ? `${apihost} does not answer (named by ${source}): start it, or name another one${certificate}`
      : undefined
  }
  return error.status === 401 ? `${apihost} does not know the key of ${keySource}` : undefined
}
