import { DEFAULT_MANIFEST, PlatformError, RuntimesManifest, isPlatformError } from '@stemcell/core'
import type { EngineName } from '@stemcell/images'
import type { Config } from '../config/config-schema.ts'
import { CONTAINER_PACKAGES } from '../config/container-packages.ts'
import { userRuntimeFolder } from '../environment.ts'

/**
 * Where actions run on an engine, it must have the images that every platform needs at once: those of kinds with stem
 * cells, and of each family's default. An engine that does not answer is the adapter's to report.
 * @throws ERR_CONFIG an image is absent; the message says how to get it.
 */
export async function requireImages({ containers, manifest }: Config): Promise<void> {
  const engine = (['docker', 'podman'] as const).find((name) => CONTAINER_PACKAGES[name] === containers?.adapter)
  if (!engine) return
  const images = neededImages(new RuntimesManifest(manifest ?? DEFAULT_MANIFEST))
  const missing = await missingOf(engine, images, containers?.options['socketPath'])
  if (missing.length === 0) return
  const ours = missing.every((image) => image.startsWith('stemcell/'))
  const fix = ours ? `stemcell images build --engine ${engine}` : `${engine} pull ${missing.join(' ')}`
  throw new PlatformError('ERR_CONFIG', `${engine} has no image ${missing.join(', ')}: ${fix}`)
}

function neededImages(manifest: RuntimesManifest): string[] {
  const kinds = [...manifest.families.values()].flat()
  return [...new Set(kinds.filter((kind) => kind.default || kind.stemCells.length > 0).map(({ image }) => image))]
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
