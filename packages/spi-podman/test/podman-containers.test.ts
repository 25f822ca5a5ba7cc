import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { z } from '@stemcell/core/schema'
import { adapterContext, isPlatformError } from '@stemcell/core'
import { podmanContainers, podmanContainersOptions, type PodmanContainersOptions } from '@stemcell/spi-podman'
import { ReadmeTables } from '../../../test/readme-tables.ts'
import adapter from '../src/adapter.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sp-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function failure(options: PodmanContainersOptions): Promise<Error & { readonly code: string }> {
  const factory = podmanContainers({ dir: folder(), connectTimeoutMs: 200, ...options }).build(adapterContext())
  const error: unknown = await factory.open().catch((reason: unknown) => reason)
  if (!isPlatformError(error)) throw new Error(`expected a PlatformError, got ${String(error)}`)
  return error
}

describe('options of @stemcell/spi-podman', () => {
  it.each([
    [{ socket: '/x' }, /spi-podman: .*socket/],
    [{ network: 'host' }, /spi-podman: network: .*isolate/],
    [{ user: '0:0' }, /spi-podman: user: .*not root/],
    [{ network: 'none', address: 'port' }, /spi-podman: address: .*needs a network.*set address/],
    [{ egress: false, address: 'port' }, /spi-podman: address: .*egress.*set address/],
    [{ parallelCreates: 0 }, /spi-podman: parallelCreates/],
  ])('%j is refused', (options, message) => {
    expect(() => podmanContainers(options as PodmanContainersOptions)).toThrow(message)
  })

  it('never shows a password', () => {
    const registries = { 'ghcr.io': { username: '', password: 'very-secret' } }
    expect(() => podmanContainers({ registries })).toThrow(/^((?!very-secret).)*registries((?!very-secret).)*$/s)
  })

  it('are those of the README, with the same defaults', () => {
    new ReadmeTables(new URL('../README.md', import.meta.url)).assertOptions(podmanContainersOptions)
  })

  it('come from a configuration file too', () => {
    const configurable = adapter.provides['containers']
    expect((configurable!.options as z.ZodType).safeParse({ socketPath: '/x', nope: 1 }).success).toBe(false)
    expect(configurable?.create({ socketPath: '/x' }).name).toBe('@stemcell/spi-podman')
  })
})

describe('the start of @stemcell/spi-podman', () => {
  it('says how to start Podman where none answers', async () => {
    const error = await failure({ socketPath: join(folder(), 'none.sock') })
    expect([error.code, error.message]).toEqual([
      'ERR_UNAVAILABLE',
      expect.stringMatching(/none\.sock.*podman\.socket.*socketPath/s),
    ])
  })

  it('is given up when the factory is closed', async () => {
    const options = { dir: folder(), socketPath: join(folder(), 'none.sock'), connectTimeoutMs: 600_000 }
    const factory = podmanContainers(options).build(adapterContext())
    const opening = expect(factory.open()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await factory.close()
    await opening
  })

  it('knows what is not Podman', async () => {
    const socketPath = join(folder(), 'other.sock')
    const server = createServer(
      (_request, response) => void response.writeHead(404).end('{"message":"page not found"}'),
    )
    server.listen(socketPath)
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const error = await failure({ socketPath })
    expect([error.code, error.message]).toEqual([
      'ERR_CONFIG',
      expect.stringMatching(/socketPath.*other\.sock.*spi-docker/),
    ])
  })

  it('refuses a folder that others can reach into', async () => {
    const dir = folder()
    chmodSync(dir, 0o755)
    const error = await failure({ dir, socketPath: '/nowhere' })
    expect([error.code, error.message]).toEqual(['ERR_CONFIG', expect.stringMatching(/spi-podman: dir .*set dir/)])
  })
})
