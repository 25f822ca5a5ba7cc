import {
  DEFAULT_MANIFEST,
  isPlatformError,
  PlatformError,
  RuntimesManifest,
  type Logger,
  type Runtime,
  type RuntimesManifestSource,
} from '@stemcell/core'
import type { EngineName } from '@stemcell/images'
import { hostPythons, processContainersOptions } from '@stemcell/spi-process'
import type { Config } from '../config/config-schema.ts'
import { CONTAINER_PACKAGES } from '../config/container-packages.ts'
import { userRuntimeFolder } from '../environment.ts'

type Families = RuntimesManifestSource['runtimes']
type Version = Families[string][number]

/** Of Python 3, that an image may be for. */
const MINORS = Array.from({ length: 13 }, (_, index) => `3.${index + 7}`)

/**
 * The default manifest, as far as it can be run with these containers: without kinds that lack their image or program,
 * and with a kind for each version of Python that is there. Undefined where the configuration has a manifest of its
 * own, or other containers: that is the operator's word. What is missing is a warning that says how to get it.
 * @throws ERR_CONFIG what the platform needs at once is missing; the message says how to get it.
 */
export async function offeredManifest(config: Config, logger: Logger): Promise<RuntimesManifestSource | undefined> {
  const engine = engineOf(config)
  if (engine) {
    const missing = await missingImages(engine, config, logger)
    return config.manifest || missing === undefined ? undefined : withImages(engine, config, missing)
  }
  const isProcess = !config.containers || config.containers.adapter === CONTAINER_PACKAGES.process
  return config.manifest || !isProcess ? undefined : withPythons(config, logger)
}

/**
 * Warns of the images that an engine lacks, and refuses the start without those that the platform needs at once: those
 * of kinds with stem cells, and at least one of a family's default. An engine that does not answer is the adapter's to
 * report.
 * @throws ERR_CONFIG an image is absent; the message says how to get it.
 */
export async function requireImages(config: Config, logger: Logger): Promise<void> {
  const engine = engineOf(config)
  if (engine) await missingImages(engine, config, logger)
}

function engineOf({ containers }: Config): EngineName | undefined {
  return (['docker', 'podman'] as const).find((name) => CONTAINER_PACKAGES[name] === containers?.adapter)
}

/** Undefined when the engine does not answer. */
async function missingImages(
  engine: EngineName,
  { containers, manifest }: Config,
  logger: Logger,
): Promise<readonly string[] | undefined> {
  const { families, nativeImages } = new RuntimesManifest(manifest ?? DEFAULT_MANIFEST)
  const kinds = [...families.values()].flat()
  const atOnce = imagesOf(kinds.filter(({ stemCells }) => stemCells.length > 0))
  const defaults = imagesOf(kinds.filter((kind) => kind.default))
  const wanted = [...new Set([...imagesOf(kinds), ...nativeImages.values()])]
  const missing = await missingOf(engine, wanted, containers?.options['socketPath'])
  if (missing === undefined || missing.length === 0) return missing
  const message = `${engine} has no image ${missing.join(', ')}: ${howToGet(missing, engine)}`
  const canRun = atOnce.every((image) => !missing.includes(image)) && defaults.some((image) => !missing.includes(image))
  if (!canRun) throw new PlatformError('ERR_CONFIG', message)
  const lost = kinds.filter(({ image }) => missing.includes(image)).map(({ kind }) => kind)
  const then = manifest
    ? 'actions that need one of them cannot run until then'
    : 'what needs one of them is not offered until the next start after that'
  logger.warn({ engine, missing, kinds: lost }, `${message}; ${then}`)
  return missing
}

async function withImages(
  engine: EngineName,
  { containers }: Config,
  missing: readonly string[],
): Promise<RuntimesManifestSource> {
  const [python] = DEFAULT_MANIFEST.runtimes['python']!
  const versions = MINORS.map((version) => pythonKind(python!, version))
  const names = versions.map(({ image }) => `${image.prefix}/${image.name}:${image.tag}`)
  const absent = (await missingOf(engine, names, containers?.options['socketPath'])) ?? names
  const present = versions.filter((_, index) => !absent.includes(names[index]!))
  const there = ({ image }: Version): boolean => !missing.includes(`${image.prefix}/${image.name}:${image.tag}`)
  const families = Object.entries(DEFAULT_MANIFEST.runtimes).map(([family, all]): [string, Version[]] => [
    family,
    withDefault([...all.filter(there), ...(family === 'python' ? present : [])]),
  ])
  return { ...DEFAULT_MANIFEST, runtimes: Object.fromEntries(families.filter(([, all]) => all.length > 0)) }
}

function withPythons({ containers }: Config, logger: Logger): RuntimesManifestSource {
  const { python: family, ...others } = DEFAULT_MANIFEST.runtimes
  const options = processContainersOptions.safeParse(containers?.options ?? {})
  // What is wrong with them is the adapter's to report.
  if (!options.success) return DEFAULT_MANIFEST
  const pythons = hostPythons(options.data)
  const { python, path } = options.data
  if (pythons.length === 0) {
    const message = `no program ${python} in ${path}: install Python 3.7 or later, or name one in containers.options.python`
    logger.warn({ kinds: ['python:3'] }, `${message}; Python is not offered until the next start after that`)
    return { ...DEFAULT_MANIFEST, runtimes: others }
  }
  const versions = pythons.flatMap(({ version }) => (version === undefined ? [] : [version]))
  const kinds = versions.sort(byMinor).map((version) => pythonKind(family![0]!, version))
  return { ...DEFAULT_MANIFEST, runtimes: { ...others, python: [...family!, ...kinds] } }
}

function pythonKind(python: Version, version: string): Version {
  return { ...python, kind: `python:${version}`, default: false, image: { ...python.image, tag: version } }
}

function withDefault(versions: Version[]): Version[] {
  const first = versions.find((version) => version.default) ?? versions[0]
  return versions.map((version) => ({ ...version, default: version === first }))
}

function byMinor(one: string, other: string): number {
  return Number(one.slice(2)) - Number(other.slice(2))
}

function imagesOf(kinds: readonly Runtime[]): string[] {
  return [...new Set(kinds.map(({ image }) => image))]
}

function howToGet(images: readonly string[], engine: EngineName): string {
  const others = images.filter((image) => !image.startsWith('stemcell/'))
  // What is built is tagged with its version, which need not be the one that is asked for.
  const tags = images.flatMap((image) => /^stemcell\/action-nodejs:(\d+)$/.exec(image)?.[1] ?? [])
  const foreign = tags.filter((one) => one !== process.versions.node.split('.')[0])
  const builds = images.length - others.length - foreign.length > 0
  const build = `stemcell images build --engine ${engine}`
  return [
    ...(builds ? [build] : []),
    ...(foreign.length > 0 ? [`${build} action-nodejs --tag ${foreign.join(' ')}`] : []),
    ...others.map((image) => `${engine} pull ${image}`),
  ].join(', ')
}

async function missingOf(
  engine: EngineName,
  images: readonly string[],
  socketPath: unknown,
): Promise<string[] | undefined> {
  const { engineSocket, hasImage } = await import('@stemcell/images')
  try {
    const socket = typeof socketPath === 'string' ? socketPath : engineSocket(engine, userRuntimeFolder())
    const found = await Promise.all(images.map((image) => hasImage(socket, image)))
    return images.filter((_, index) => !found[index])
  } catch (error) {
    if (isPlatformError(error)) return undefined
    throw error
  }
}
