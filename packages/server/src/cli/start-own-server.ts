import { isPlatformError, type Logger } from '@stemcell/core'
import type { OwnServer } from '@stemcell/cli'
import { readConfig } from '../config/read-config.ts'
import { startStandalone, type Standalone } from '../standalone/standalone.ts'

/** Among what the user sees, only what went wrong. */
const errorsOnly: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields, message) => {
    const { err } = fields as { readonly err?: unknown }
    process.stderr.write(`server: ${message}${err instanceof Error ? `: ${err.message}` : ''}\n`)
  },
  child: () => errorsOnly,
}

/** A standalone server in this process; on another port where the wanted one is taken. @throws PlatformError */
export async function startOwnServer(options: { readonly data: string; readonly port: number }): Promise<OwnServer> {
  const { data, port } = options
  const start = async (on: number): Promise<Standalone> => {
    const config = readConfig(undefined, { data, port: on })
    const server = await startStandalone({ config, logger: errorsOnly })
    return server!
  }
  let server: Standalone
  try {
    server = await start(port)
  } catch (error) {
    if (!isTaken(error)) throw error
    server = await start(0)
  }
  return { url: server.url, data, close: () => server.close() }
}

function isTaken(error: unknown): boolean {
  return isPlatformError(error) && /EADDRINUSE|in use/.test(`${error.message} ${String(error.cause)}`)
}
