import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const CONFIG = 'application/vnd.docker.container.image.v1+json'
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar'

export interface SmallRegistryOptions {
  /** Image archive, as `docker save` writes it. */
  readonly archive: string
  readonly username: string
  readonly password: string
}

/**
 * The reading half of the distribution protocol for one image, whatever its name, behind a password.
 * The protocol: https://distribution.github.io/distribution/spec/api/
 */
export class SmallRegistry {
  readonly #server = createServer((request, response) => this.#answer(request, response))
  readonly #blobs = new Map<string, Buffer>()
  readonly #manifest: Buffer
  readonly #login: string
  /** Requests for the manifest: of the whole of it, and of any kind. */
  manifestsGiven = 0
  manifestsAsked = 0

  constructor({ archive, username, password }: SmallRegistryOptions) {
    this.#login = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const folder = mkdtempSync(join(tmpdir(), 'stemcell-registry-'))
    try {
      spawnSync('tar', ['xf', archive, '-C', folder])
      const [image] = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as [
        { readonly Config: string; readonly Layers: readonly string[] },
      ]
      const add = (name: string, mediaType: string): object => {
        const bytes = readFileSync(join(folder, name))
        const digest = digestOf(bytes)
        this.#blobs.set(digest, bytes)
        return { mediaType, digest, size: bytes.length }
      }
      const config = add(image.Config, CONFIG)
      const layers = image.Layers.map((layer) => add(layer, LAYER))
      this.#manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers }))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  /** Returns `host:port`; Docker speaks plain HTTP to registries on the loopback address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #answer({ url = '', method, headers }: IncomingMessage, response: ServerResponse): void {
    if (headers.authorization !== this.#login) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end('{"errors":[{"code":"UNAUTHORIZED"}]}')
      return
    }
    if (url === '/v2/') return void response.end('{}')
    const [, kind, reference = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? []
    const isManifest = kind === 'manifests' && reference !== 'absent'
    const content = isManifest ? this.#manifest : this.#blobs.get(reference)
    if (!content) return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    if (isManifest) this.manifestsAsked++
    if (isManifest && method === 'GET') this.manifestsGiven++
    response.writeHead(200, {
      'content-type': isManifest ? MANIFEST : 'application/octet-stream',
      'content-length': content.length,
      'docker-content-digest': digestOf(content),
    })
    response.end(method === 'HEAD' ? undefined : content)
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
