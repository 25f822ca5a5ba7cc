import alarms from '@stemcell/alarms/adapter'
import catalog from '@stemcell/catalog/adapter'
import {
  PlatformError,
  type Adapter,
  type AdapterModule,
  type SystemPackage,
  type SystemPackageContext,
} from '@stemcell/core'
import type { Config } from '../config/config-schema.ts'
import { adapterOf, loadAdapter } from '../config/load-adapter.ts'

/** What is there unless it is left out. */
const OWN: Readonly<Record<string, AdapterModule>> = {
  alarms,
  utils: catalog,
  samples: catalog,
  combinators: catalog,
}

type Chosen = Adapter<SystemPackage, SystemPackageContext>

/**
 * The platform's own system packages, those left out that the configuration does not want, and those that it adds.
 * @throws ERR_CONFIG a name is neither one of the platform's own nor comes with an adapter.
 */
export async function chosenSystemPackages({ systemPackages }: Config): Promise<readonly Chosen[]> {
  const names = [...new Set([...Object.keys(OWN), ...Object.keys(systemPackages)])]
  const chosen = await Promise.all(names.map((name) => choose(name, systemPackages[name] ?? { options: {} })))
  return chosen.filter((found) => found !== undefined)
}

async function choose(name: string, given: Config['systemPackages'][string]): Promise<Chosen | undefined> {
  const part = `systemPackages.${name}`
  if (given !== false && given.adapter !== undefined) {
    return loadAdapter<SystemPackage, SystemPackageContext>(part, { adapter: given.adapter, options: given.options })
  }
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined
  if (own === undefined) {
    const known = Object.keys(OWN).join(', ')
    throw new PlatformError('ERR_CONFIG', `${part}: the platform has ${known}; name an adapter for another package`)
  }
  return given === false ? undefined : adapterOf<SystemPackage, SystemPackageContext>(part, own, part, given.options)
}
