import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { arch } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ImageConfig, ImagePlan } from '../image-definition.ts'
import type { RootFsEntry } from '../root-fs.ts'
import { tar } from './tar.ts'

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
/** Images have a date; a true one would make every build another image. */
const CREATED = '1970-01-01T00:00:00Z'

export interface ImageArchive {
  /** Digest of the configuration: the image's id in Docker and Podman. Equal contents have equal ids. */
  readonly id: string
  readonly bytes: number
  /** Reads the archive from its start; may be called more than once, while `folder` exists. */
  stream(): AsyncGenerator<Buffer>
}

/**
 * Writes the layers to `folder` and describes them as a docker-archive, which `docker load` and `podman load` read.
 * The format: https://github.com/moby/moby/blob/v28.0.0/image/spec/spec.md
 */
export async function imageArchive(names: readonly string[], plan: ImagePlan, folder: string): Promise<ImageArchive> {
  const layers: { readonly file: string; readonly digest: string; readonly bytes: number }[] = []
  for (const [index, layer] of plan.layers.entries()) {
    const file = join(folder, `layer-${index}.tar`)
    const hash = createHash('sha256')
    await pipeline(
      Readable.from(tar(layer.entries)),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(file),
    )
    layers.push({ file, digest: hash.digest('hex'), bytes: (await stat(file)).size })
  }
  const config = Buffer.from(
    JSON.stringify(
      configOf(
        plan.config,
        layers.map(({ digest }) => digest),
      ),
    ),
  )
  const id = createHash('sha256').update(config).digest('hex')
  const manifest = [{ Config: `${id}.json`, RepoTags: names, Layers: layers.map(({ digest }) => `${digest}.tar`) }]
  const entries: RootFsEntry[] = [
    { path: `${id}.json`, type: 'file', mode: 0o644, content: config },
    { path: 'manifest.json', type: 'file', mode: 0o644, content: Buffer.from(JSON.stringify(manifest)) },
    ...layers.map(({ file, digest, bytes }): RootFsEntry => {
      return { path: `${digest}.tar`, type: 'file', mode: 0o644, content: { file, bytes } }
    }),
  ]
  return { id: `sha256:${id}`, bytes: layers.reduce((sum, layer) => sum + layer.bytes, 0), stream: () => tar(entries) }
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
