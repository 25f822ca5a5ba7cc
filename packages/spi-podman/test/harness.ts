import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { onTestFinished } from 'vitest'
import {
  adapterContext,
  type AdapterContext,
  type Container,
  type ContainerFactory,
  type ContainerSpec,
} from '@stemcell/core'
import { actionNodejs, buildImage } from '@stemcell/images'
import { podmanContainers, type PodmanContainersOptions } from '@stemcell/spi-podman'
import { containerSpec, startAction as start } from '../../../test/action-containers.ts'

export { callOptions, init, run } from '../../../test/action-containers.ts'

const MAJOR = process.versions.node.split('.')[0]

/** The image of this machine's own Node.js, as `stemcell images build` makes it. */
export const IMAGE = `stemcell/action-nodejs:${MAJOR}`

export async function provideImage(socket: string): Promise<void> {
  await buildImage(actionNodejs, { to: { socket } })
}

/** What the Podman of the tests needs on every host. */
export function settings(socketPath: string, dir: string): PodmanContainersOptions {
  return { socketPath, dir, ociRuntime: 'runc' }
}

let platforms = 0

/** Nobody else has used it. */
export function uniqueOwner(): { readonly platform: string; readonly invoker: string } {
  return { platform: `t-${process.pid}-${Date.now().toString(36)}-${platforms++}`, invoker: 'invoker0' }
}

export function spec(extra: Partial<ContainerSpec> = {}): ContainerSpec {
  return containerSpec({ owner: uniqueOwner(), image: IMAGE }, extra)
}

/** A private folder with a short path. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'spi-podman-'))
}

/** An open factory that is closed with the test. */
export async function openFactory(
  socket: string,
  extra: PodmanContainersOptions = {},
  context: Partial<AdapterContext> = {},
): Promise<ContainerFactory> {
  const dir = temporaryFolder()
  const factory = podmanContainers({ ...settings(socket, dir), ...extra }).build(adapterContext(context))
  onTestFinished(async () => {
    await factory.close()
    rmSync(dir, { recursive: true, force: true })
  }, 60_000)
  await factory.open()
  return factory
}

export function startAction(
  factory: ContainerFactory,
  code: string,
  extra: Partial<ContainerSpec> = {},
): Promise<Container> {
  return start(factory, spec(extra), code)
}

/** Asks the engine itself. */
export async function libpod(
  socketPath: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: string | Buffer,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const pool = new Pool('http://podman', { socketPath })
  try {
    const headers = { 'content-type': typeof body === 'string' ? 'application/json' : 'application/x-tar' }
    const options = { method, path: `/v4.0.0/libpod${path}`, headers: body === undefined ? {} : headers }
    const response = await pool.request({ ...options, body: body ?? null })
    const text = await response.body.text()
    return { status: response.statusCode, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  } finally {
    await pool.close()
  }
}
