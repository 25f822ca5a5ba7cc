import {
  DEFAULT_MANIFEST,
  isPlatformError,
  PlatformError,
  RuntimesManifest,
  type Logger,
  type Runtime,
} from '@stemcell/core'
import type { EngineName } from '@stemcell/images'
import type { Config } from '../config/config-schema.ts'
import { CONTAINER_PACKAGES } from '../config/container-packages.ts'
import { userRuntimeFolder } from '../environment.ts'

/**
 * Where actions run on an engine, it must have the images that the platform needs at once: those of kinds with stem
 * cells, and at least one of a family's default. That other kinds cannot run is a warning: an image may come later. An
 * engine that does not answer is the adapter's to report.
 * @throws ERR_CONFIG an image is absent; the message says how to get it.
 */
export async function requireImages({ containers, manifest }: Config, logger: Logger): Promise<void> {
  const engine = (['docker', 'podman'] as const).find((name) => CONTAINER_PACKAGES[name] === containers?.adapter)
  if (!engine) return
  const { families, nativeImages } = new RuntimesManifest(manifest ?? DEFAULT_MANIFEST)
  const kinds = [...families.values()].flat()
  const atOnce = imagesOf(kinds.filter(({ stemCells }) => stemCells.length > 0))
  const defaults = imagesOf(kinds.filter((kind) => kind.default))
  const wanted = [...new Set([...atOnce, ...defaults, ...nativeImages.values()])]
  const missing = await missingOf(engine, wanted, containers?.options['socketPath'])
  if (missing.length === 0) return
  const message = `${engine} has no image ${missing.join(', ')}: ${howToGet(missing, engine)}`
  const canRun = atOnce.every((image) => !missing.includes(image)) && defaults.some((image) => !missing.includes(image))
  if (!canRun) throw new PlatformError('ERR_CONFIG', message)
  logger.warn({ engine, missing }, `${message}; actions that need one of them cannot run until then`)
}

function imagesOf(kinds: readonly Runtime[]): string[] {
  return [...new Set(kinds.map(({ image }) => image))]
}

function howToGet(images: readonly string[], engine: EngineName): string {
  const others = images.filter((image) => !image.startsWith('stemcell/'))
  // What is built is tagged with its version, which need not be the one that is asked for.
  const tags = images.flatMap((image) => /^stemcell\/action-nodejs:(\d+)$/.exec(image)?.[1] ?? [])
  const tag = tags.find((one) => one !== process.versions.node.split('.')[0])
  return [
    ...(others.length < images.length ? [`stemcell images build --engine ${engine}`] : []),
    ...(tag === undefined ? [] : [`stemcell images build --engine ${engine} action-nodejs --tag ${tag}`]),
    ...others.map((image) => `${engine} pull ${image}`),
  ].join(', ')
}

async function missingOf(engine: EngineName, images: readonly string[], socketPath: unknown): Promise<string[]> {
  const { engineSocket, hasImage } = await import('@stemcell/images')
  try {
    const socket = typeof socketPath === 'string' ? socketPath : engineSocket(engine, userRuntimeFolder())
    const found = await Promise.all(images.map((image) => hasImage(socket, image)))
    return images.filter((_, index) => !found[index])
  } catch (error) {
    if (isPlatformError(error)) return []
    throw error
  }
}
