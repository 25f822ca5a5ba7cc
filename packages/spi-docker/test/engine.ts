import { buildImage, actionNodejs } from '@stemcell/images'
import { adapterContext, type ContainerFactory } from '@stemcell/core'
import Dockerode from 'dockerode'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { dockerContainers, type DockerContainersOptions } from '../src/index.ts'

/** The engine of a test file, with the image and the private folder that its factories use. */
export interface TestEngine {
  readonly docker: Dockerode
  readonly image: string
  readonly dir: string
  /** Unlike that of any other run. */
  readonly platform: string
  factory(options?: DockerContainersOptions): ContainerFactory
}

/** Builds the image before the tests; removes what the tests left after them. */
export function useEngine(socketPath: string): TestEngine {
  const docker = new Dockerode({ socketPath })
  const dir = mkdtempSync(join(tmpdir(), 'stemcell-docker-'))
  const platform = `test-${randomBytes(6).toString('hex')}`
  const image = `stemcell/action-nodejs:${process.versions.node.split('.')[0]}`
  beforeAll(async () => {
    await buildImage(actionNodejs, { to: { socket: socketPath } })
  }, 60_000)
  afterAll(async () => {
    await removeAllOf(docker, platform)
    rmSync(dir, { recursive: true, force: true })
  }, 60_000)
  return {
    docker,
    image,
    dir,
    platform,
    factory: (options = {}) => dockerContainers({ socketPath, dir, ...options }).build(adapterContext()),
  }
}

export async function removeAllOf(docker: Dockerode, platform: string): Promise<void> {
  const label = [`stemcell.platform=${platform}`]
  for (const { Id } of await docker.listContainers({ all: true, filters: { label } })) {
    await docker.getContainer(Id).remove({ force: true, v: true })
  }
  for (const { Id } of await docker.listNetworks({ filters: { label } })) await docker.getNetwork(Id).remove()
}
