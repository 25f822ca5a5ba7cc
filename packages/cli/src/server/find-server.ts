import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Environment } from '../project/environment.ts'
import type { Connection } from './connection.ts'

const DATA_FOLDER = 'stemcell-data'

export interface Wanted {
  readonly apihost?: string | undefined
  readonly auth?: string | undefined
  readonly insecure?: boolean | undefined
  /** The data folder of a server. */
  readonly data?: string | undefined
}

export interface Place {
  readonly environment: Environment
  readonly cwd: string
}

/** Properties as `wsk` keeps them. */
export type Properties = Readonly<Record<string, string>>

/**
 * Where the server is: what the command line says wins over the environment, that over the property file, and without
 * any the data folder of a server that runs here is looked for, from the working directory up.
 * Undefined where nothing says enough.
 */
export function findServer(wanted: Wanted, place: Place): Connection | undefined {
  const { environment, cwd } = place
  const [properties, file] =
    wanted.data === undefined ? knownProperties(place) : dataProperties(resolve(cwd, wanted.data))
  const fromEnvironment = (name: string): string | undefined =>
    wanted.data === undefined ? environment[name] : undefined
  const apihost = wanted.apihost ?? fromEnvironment('WHISK_APIHOST') ?? properties['APIHOST']
  const auth = wanted.auth ?? fromEnvironment('WHISK_AUTH') ?? properties['AUTH']
  if (apihost === undefined || auth === undefined) return undefined
  return {
    apihost: (/^https?:\/\//.test(apihost) ? apihost : `https://${apihost}`).replace(/\/+$/, ''),
    auth,
    namespace: '_',
    accessToken: properties['APIGW_ACCESS_TOKEN'] ?? 'DUMMY TOKEN',
    insecure: wanted.insecure ?? false,
    source: said(wanted.apihost, '--apihost', fromEnvironment('WHISK_APIHOST'), 'WHISK_APIHOST', file),
    keySource: said(wanted.auth, '--auth', fromEnvironment('WHISK_AUTH'), 'WHISK_AUTH', file),
  }
}

/** What said something, for a message. */
function said(
  flag: string | undefined,
  flagName: string,
  variable: string | undefined,
  variableName: string,
  file: string | undefined,
): string {
  if (flag !== undefined) return flagName
  return variable === undefined ? (file ?? 'nothing') : variableName
}

/** The file that `wsk` would read; where there is none, that of a server here. */
export function knownProperties({ environment, cwd }: Place): [properties: Properties, file: string | undefined] {
  const named = environment['WSK_CONFIG_FILE']
  const home = environment['HOME'] ?? homedir()
  const files = named === undefined ? [join(home, '.wskprops')] : [named]
  for (const file of files) {
    if (!existsSync(file)) continue
    const properties = parseProperties(readFileSync(file, 'utf8'))
    if (properties['AUTH'] !== undefined && properties['APIHOST'] !== undefined) return [properties, file]
  }
  return serverHere(cwd)
}

/** The data folder of a server, in the working directory or above it. */
export function serverHere(cwd: string): [properties: Properties, file: string | undefined] {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = dataProperties(join(folder, DATA_FOLDER))
    if (found[1] !== undefined) return found
    if (folder === dirname(folder)) return [{}, undefined]
  }
}

function dataProperties(folder: string): [properties: Properties, file: string | undefined] {
  const file = join(folder, '.wskprops')
  return existsSync(file) ? [parseProperties(readFileSync(file, 'utf8')), file] : [{}, undefined]
}

export function parseProperties(text: string): Properties {
  const properties: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^\s*([A-Z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined) properties[name] = value
  }
  return properties
}
