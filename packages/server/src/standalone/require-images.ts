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
  const kinds = [...new RuntimesManifest(manifest ?? DEFAULT_MANIFEST).families.values()].flat()
  const atOnce = imagesOf(kinds.filter(({ stemCells }) => stemCells.length > 0))
  const defaults = imagesOf(kinds.filter((kind) => kind.default))
  const missing = await missingOf(engine, [...new Set([...atOnce, ...defaults])], containers?.options['socketPath'])
  if (missing.length === 0) return
  const ours = missing.every((image) => image.startsWith('stemcell/'))
  const fix = ours ? `stemcell images build --engine ${engine}` : `${engine} pull ${missing.join(' ')}`
  const message = `${engine} has no image ${missing.join(', ')}: ${fix}`
  const canRun = atOnce.every((image) => !missing.includes(image)) && defaults.some((image) => !missing.includes(image))
  if (!canRun) throw new PlatformError('ERR_CONFIG', message)
  logger.warn({ engine, missing }, `${message}; kinds that need it cannot run until then`)
}

function imagesOf(kinds: readonly Runtime[]): string[] {
  return [...new Set(kinds.map(({ image }) => image))]
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
