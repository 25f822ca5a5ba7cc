import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { arch } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isDeepStrictEqual } from 'node:util'
import type { ImageConfig, ImagePlan } from '../image-definition.ts'
import type { Content, RootFsEntry } from '../root-fs.ts'
import { tar } from './tar.ts'

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
/** Images have a date; a true one would make every build another image. */
const CREATED = '1970-01-01T00:00:00Z'

export interface ImageRequest {
  /** e.g. `stemcell/action-nodejs:20`. */
  readonly names: readonly string[]
  readonly plan: ImagePlan
}

export interface ImageArchive {
  /** In the order of the requests. */
  readonly images: readonly ArchivedImage[]
  /** Reads the archive from its start; may be called more than once, while `folder` exists. */
  stream(): AsyncGenerator<Buffer>
}

export interface ArchivedImage {
  /** Digest of the configuration: the image's id in Docker and Podman. Equal contents have equal ids. */
  readonly id: string
  readonly bytes: number
}

interface Layer {
  readonly entries: readonly RootFsEntry[]
  readonly file: string
  readonly digest: string
  readonly bytes: number
}

interface Described extends ArchivedImage {
  readonly config: Buffer
  readonly manifest: object
}

/**
 * Writes the layers to `folder`, each once, and describes the images as a docker-archive, which `docker load` and
 * `podman load` read. The format: https://github.com/moby/moby/blob/v28.0.0/image/spec/spec.md
 */
export async function imageArchive(requests: readonly ImageRequest[], folder: string): Promise<ImageArchive> {
  const layers: Layer[] = []
  const images: Described[] = []
  for (const { names, plan } of requests) {
    const own: Layer[] = []
    for (const { entries } of plan.layers) {
      let layer = layers.find((one) => isDeepStrictEqual(one.entries, entries))
      if (!layer) {
        layer = await writeLayer(entries, join(folder, `layer-${layers.length}.tar`))
        layers.push(layer)
      }
      own.push(layer)
    }
    images.push(described(names, plan.config, own))
  }
  const distinct = new Map(layers.map((layer) => [layer.digest, layer]))
  const entries: RootFsEntry[] = [
    ...images.map(({ id, config }) => fileEntry(configName(id), config)),
    fileEntry('manifest.json', Buffer.from(JSON.stringify(images.map(({ manifest }) => manifest)))),
    ...[...distinct.values()].map(({ file, digest, bytes }) => fileEntry(`${digest}.tar`, { file, bytes })),
  ]
  return { images, stream: () => tar(entries) }
}

async function writeLayer(entries: readonly RootFsEntry[], file: string): Promise<Layer> {
  const hash = createHash('sha256')
  await pipeline(
    Readable.from(tar(entries)),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        yield chunk
      }
    },
    createWriteStream(file),
  )
  return { entries, file, digest: hash.digest('hex'), bytes: (await stat(file)).size }
}

function described(names: readonly string[], image: ImageConfig, layers: readonly Layer[]): Described {
  const digests = layers.map(({ digest }) => digest)
  const config = Buffer.from(JSON.stringify(configOf(image, digests)))
  const id = `sha256:${createHash('sha256').update(config).digest('hex')}`
  const manifest = { Config: configName(id), RepoTags: names, Layers: digests.map((digest) => `${digest}.tar`) }
  return { id, config, manifest, bytes: layers.reduce((sum, layer) => sum + layer.bytes, 0) }
}

function configName(id: string): string {
  return `${id.replace('sha256:', '')}.json`
}

function fileEntry(path: string, content: Content): RootFsEntry {
  return { path, type: 'file', mode: 0o644, content }
}

function configOf(config: ImageConfig, digests: readonly string[]): object {
  return {
    architecture: ARCHITECTURES[arch()] ?? arch(),
    os: 'linux',
    created: CREATED,
    config: {
      User: config.user,
      WorkingDir: config.workingFolder,
      Env: Object.entries(config.environment).map(([name, value]) => `${name}=${value}`),
      Entrypoint: config.entrypoint,
      ExposedPorts: { '8080/tcp': {} },
      Labels: config.labels,
    },
    rootfs: { type: 'layers', diff_ids: digests.map((digest) => `sha256:${digest}`) },
    history: digests.map(() => ({ created: CREATED, created_by: 'stemcell images build' })),
  }
}
