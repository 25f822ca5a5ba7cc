import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

export interface TestRegistry {
  /** Host and port. */
  readonly host: string
  /** How often a manifest was handed out. */
  manifests(): number
  close(): void
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/**
 * A registry with one image, an empty one, under any name. Source: https://github.com/opencontainers/distribution-spec
 */
export async function startRegistry(credentials: { username: string; password: string }): Promise<TestRegistry> {
  const tar = Buffer.alloc(1_024)
  const layer = gzipSync(tar)
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: ['/nothing'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    }),
  )
  const type = 'application/vnd.docker.distribution.manifest.v2+json'
  const part = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    size: bytes.length,
    digest: digestOf(bytes),
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: part('application/vnd.docker.container.image.v1+json', config),
      layers: [part('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)],
    }),
  )
  const blobs = new Map([config, layer].map((bytes) => [digestOf(bytes), bytes]))
  const expected = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  let manifests = 0

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const [, kind, reference = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '') ?? []
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end('{}')
    } else if (kind === 'manifests') {
      if (request.method === 'GET') manifests++
      response.writeHead(200, { 'content-type': type, 'docker-content-digest': digestOf(manifest) }).end(manifest)
    } else if (kind === 'blobs' && blobs.has(reference)) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(blobs.get(reference))
    } else {
      response.writeHead(kind ? 404 : 200, { 'docker-distribution-api-version': 'registry/2.0' }).end('{}')
    }
  }
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return { host: `127.0.0.1:${port}`, manifests: () => manifests, close: () => server.close() }
}
