import { PlatformError, problems, type TlsFiles } from '@stemcell/core'
import { ONCE } from '@stemcell/core/schema'
import { dirname, resolve } from 'node:path'
import { configSchema, type Config } from './config-schema.ts'
import { createRequire } from 'node:module'
import type yaml from 'yaml'
import { readNamedFile } from '../read-named-file.ts'
import { openWhiskSettings, overlaid, type OpenWhiskVariables } from './openwhisk-settings.ts'
import { CONTAINER_PACKAGES, type ContainersName } from './container-packages.ts'

/** Options of the command line; they win over the file. */
export type ConfigOverrides = Partial<Pick<Config, 'host' | 'port' | 'data' | 'authFile' | 'logLevel' | 'insecure'>> & {
  readonly containers?: ContainersName | undefined
}

/**
 * The configuration from a JSON or YAML file, if one is named, what variables of OpenWhisk say, which is stronger, and the
 * overrides, which are strongest; checked before anything else happens.
 * Paths in the file are relative to it, others to the working directory; all are absolute afterwards.
 * @throws ERR_CONFIG the file is missing, neither JSON nor YAML, or has a key or value it may not have; values are not repeated.
 */
export function readConfig(
  path: string | undefined,
  overrides: ConfigOverrides = {},
  variables: OpenWhiskVariables = {},
): Config {
  const folder = path === undefined ? process.cwd() : dirname(resolve(path))
  const file = path === undefined ? {} : withoutSchema(readStructured(path, `--config ${path}`))
  const { config: fromEnvironment, used } = openWhiskSettings(variables)
  const parsed = configSchema.safeParse(used.length === 0 ? file : overlaid(file, fromEnvironment), ONCE)
  if (!parsed.success) {
    const sources = [...(path === undefined ? [] : [`--config ${path}`]), ...used.map(([variable]) => variable)]
    throw new PlatformError('ERR_CONFIG', `${sources.join(', ')}: ${problems(parsed.error, configSchema)}`)
  }
  const config = parsed.data
  const { containers, ...others } = overrides
  const authFile = overrides.authFile ?? (config.authFile && resolve(folder, config.authFile))
  const isDataInFile = typeof file === 'object' && file !== null && 'data' in file
  return {
    ...config,
    ...others,
    // As an address of IPv6 is written in URLs.
    host: (overrides.host ?? config.host).replace(/^\[(.+)\]$/, '$1'),
    ...(containers === undefined ? {} : { containers: containersOf(containers, config) }),
    data: resolve(overrides.data ?? (isDataInFile ? resolve(folder, config.data) : config.data)),
    ...(authFile === undefined ? {} : { authFile: resolve(authFile) }),
    ...(config.tls && { tls: { ...config.tls, ...tlsFiles(config.tls, folder) } }),
    ...(typeof config.manifest === 'string' ? { manifest: readManifest(resolve(folder, config.manifest)) } : {}),
  }
}

function tlsFiles({ cert, key }: TlsFiles, folder: string): TlsFiles {
  return { cert: resolve(folder, cert), key: resolve(folder, key) }
}

/** The options in the file stay in force where it names the same package. */
function containersOf(name: ContainersName, { containers }: Config): Config['containers'] {
  const adapter = CONTAINER_PACKAGES[name]
  if (containers?.adapter === adapter) return containers
  // With its defaults in the data folder: what the server does without a word about containers.
  return name === 'process' ? undefined : { adapter, options: {} }
}

function readManifest(path: string): Record<string, unknown> {
  const json = readStructured(path, `manifest ${path}`)
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json }
  throw new PlatformError('ERR_CONFIG', `manifest ${path} must hold an object with a key runtimes`)
}

/** For editors; nothing else reads it. */
function withoutSchema(file: unknown): unknown {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return file
  const { $schema: _where, ...rest } = file as Record<string, unknown>
  return rest
}

function readStructured(path: string, source: string): unknown {
  let text: string
  try {
    text = readNamedFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw new PlatformError('ERR_CONFIG', `${source} cannot be read (${code}): name a file that exists`, { cause })
  }
  if (/\.ya?ml$/i.test(path)) return readYaml(text, source)
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new PlatformError('ERR_CONFIG', `${source} is not JSON: ${placeOf(text, cause)}`, { cause })
  }
}

function readYaml(text: string, source: string): unknown {
  // Read only where it is needed: most servers have no such file, and every one has a start.
  const { LineCounter, parseDocument } = createRequire(import.meta.url)('yaml') as typeof yaml
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new PlatformError('ERR_CONFIG', `${source} is not YAML: see line ${line}, column ${col} (${error.code})`)
  }
  try {
    return document.toJS() ?? {}
  } catch (cause) {
    throw new PlatformError('ERR_CONFIG', `${source} is not YAML: an alias in it has no anchor, or too many`, { cause })
  }
}

/** The parser's own message repeats what stands there, which may be a secret; not always does it say where. */
function placeOf(text: string, error: unknown): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
  if (position === undefined) return 'check its quotes, commas and brackets'
  const before = text.slice(0, Number(position)).split('\n')
  return `see line ${before.length}, column ${before.at(-1)!.length + 1}`
}
