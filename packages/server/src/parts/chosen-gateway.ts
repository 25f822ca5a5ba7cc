import { ONCE } from '@stemcell/core/schema'
import type { Part, ServerLink, SystemPackage, SystemPackageContext } from '@stemcell/core'
import { gateway, gatewayOptions } from '@stemcell/gateway'
import type { Config } from '../config/config-schema.ts'

/** Where OpenWhisk's gateway serves APIs. */
const DEFAULT_PORT = 9001

/** A gateway of this process. */
export interface ChosenGateway {
  readonly parts: readonly Part<SystemPackage, SystemPackageContext>[]
  /** Where clients reach it, once it is open. */
  url(): string | undefined
  /** The same for `GET /`. */
  readonly links: () => readonly ServerLink[]
}

const NONE: ChosenGateway = { parts: [], url: () => undefined, links: () => [] }

/** That of a single server, which has one unless the configuration says no. */
export function standaloneGateway(config: Config): ChosenGateway {
  const { gateway: given = gatewayOptions.parse({}, ONCE) } = config
  if (given === false) return NONE
  // Several servers on one machine need no ports of their own for it.
  const port = config.port === 0 ? 0 : DEFAULT_PORT
  return made(config, { ...given, port: given.port ?? port, anyPort: given.port === undefined })
}

/** That of a controller of a cluster, which has one when the configuration names it. */
export function controllerGateway(config: Config): ChosenGateway {
  const { gateway: given } = config
  if (!given) return NONE
  return made(config, { ...given, port: given.port ?? (given.url === undefined ? DEFAULT_PORT : undefined) })
}

type Given = Parameters<typeof gateway>[0]

function made({ host, drainMs, tls }: Config, given: Given): ChosenGateway {
  const adapter = gateway({ host, ...given, drainMs, ...(tls && { tls: { cert: tls.cert, key: tls.key } }) })
  const links = (): readonly ServerLink[] => {
    const href = adapter.url()
    return href === undefined ? [] : [{ href, rel: 'service', title: 'API gateway' }]
  }
  return { parts: [adapter], url: adapter.url, links }
}
