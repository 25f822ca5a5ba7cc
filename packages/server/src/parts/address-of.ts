import type { ListenOptions } from '@stemcell/core'
import type { Config } from '../config/config-schema.ts'

/** Where the REST API is served, and how. */
export function addressOf({ host, port, tls }: Config): ListenOptions {
  return { host, port, ...(tls && { tls }) }
}
