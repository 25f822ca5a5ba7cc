import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { imageArchive, type ImageArchive } from './archive/image-archive.ts'
import { loadImage } from './engine/load-image.ts'
import type { ImageDefinition, ImagePlan, PlanOptions } from './image-definition.ts'

export interface DeliveryOptions {
  /** Where the images go: the unix socket of an engine, or an archive file to be carried elsewhere. */
  readonly to: { readonly socket: string } | { readonly file: string }
  /** Default: `stemcell`. */
  readonly prefix?: string
  /** Tags besides the one that the definition gives. */
  readonly tags?: readonly string[]
}

export interface BuildOptions extends DeliveryOptions, PlanOptions {}

/** What a definition is to be built from. */
export interface PlannedImage {
  readonly definition: ImageDefinition
  readonly plan: ImagePlan
}

export interface BuiltImage {
  /** e.g. `stemcell/action-nodejs:20`. */
  readonly names: readonly string[]
  readonly id: string
  readonly bytes: number
}

/**
 * Makes an image from this machine's own programs: the same machine gives the same bytes every time.
 * @throws ERR_CONFIG something is missing here, or the engine refused it. @throws ERR_UNAVAILABLE no engine answers.
 */
export async function buildImage(definition: ImageDefinition, options: BuildOptions): Promise<BuiltImage> {
  const [built] = await buildImages([{ definition, plan: definition.plan(options) }], options)
  return built!
}

/**
 * The same for several, in one go: what they have in common is made and sent once.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE as {@link buildImage}.
 */
export async function buildImages(planned: readonly PlannedImage[], options: DeliveryOptions): Promise<BuiltImage[]> {
  const { to, prefix = 'stemcell', tags = [] } = options
  const requests = planned.map(({ definition, plan }) => {
    const names = [...new Set([plan.tag, ...(plan.furtherTags ?? []), ...tags])].map(
      (tag) => `${prefix}/${definition.name}:${tag}`,
    )
    return { names, plan }
  })
  const folder = await mkdtemp(join(tmpdir(), 'stemcell-image-'))
  try {
    const archive = await imageArchive(requests, folder)
    await deliver(archive, to)
    return archive.images.map(({ id, bytes }, index) => ({ names: requests[index]!.names, id, bytes }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function deliver(archive: ImageArchive, to: BuildOptions['to']): Promise<void> {
  if ('socket' in to) await loadImage(to.socket, archive)
  else await pipeline(Readable.from(archive.stream()), createWriteStream(to.file))
}
