import { hasImage } from '@stemcell/images'
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { call, invokeOnce } from './api.ts'
import { PROGRAM, SpawnedServer, type TestFolder } from './spawned-server.ts'

/** Of the Node.js that runs the tests. */
export const NODE_TAG = process.versions.node.split('.')[0]
const IMAGE = { prefix: 'stemcell', name: 'action-nodejs', tag: NODE_TAG }
const ABSENT = { prefix: 'stemcell', name: 'action-absent' }

/** The `stemcell` program, to its end. */
export function stemcell(...args: string[]): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' })
}

export interface TestedEngine {
  readonly name: 'docker' | 'podman'
  readonly socketPath: string
  /** Further options of its adapter. */
  readonly options?: object
  readonly folder: () => TestFolder
}

/** A configuration file's settings for a server whose actions run on the engine. */
export function engineConfig(
  { name, socketPath, options, folder }: TestedEngine,
  image: object = IMAGE,
  blackboxes: readonly object[] = [],
): object {
  // Not inside the data folder, whose path may be too long for a socket.
  const dir = folder().join('run')
  mkdirSync(dir, { mode: 0o700, recursive: true })
  return {
    containers: { adapter: `@stemcell/spi-${name}`, options: { socketPath, dir, ...options } },
    manifest: { runtimes: { nodejs: [{ kind: 'nodejs:20', image }] }, blackboxes },
  }
}

/** Gives the engine the image of Node.js actions, with `args` beside the usual ones; what was said. */
export async function buildNodeImage({ name, socketPath }: TestedEngine, ...args: string[]): Promise<string> {
  // Docker is what is meant where none is named.
  const engine = name === 'docker' ? [] : ['--engine', name]
  const { stdout, stderr } = stemcell('images', 'build', ...args, ...engine, '--socket', socketPath, 'action-nodejs')
  expect(stderr).toBe('')
  expect(await hasImage(socketPath, `stemcell/action-nodejs:${NODE_TAG}`)).toBe(true)
  return stdout
}

/** What a server does on any engine that lacks an image. */
export function absentImageCases(engine: TestedEngine): void {
  const { name } = engine
  const args = ['--containers', name]

  it('starts without the image of native actions, which fail and say to the operator how to get it', async () => {
    await buildNodeImage(engine)
    const blackboxes = [{ prefix: 'openwhisk', name: 'dockerskeleton', runs: ABSENT }]
    const server = await SpawnedServer.start(engine.folder(), { config: engineConfig(engine, IMAGE, blackboxes), args })
    expect(server.stdout).toContain(
      `${name} has no image stemcell/action-absent: stemcell images build --engine ${name};`,
    )
    const exec = { kind: 'blackbox', image: 'openwhisk/dockerskeleton', code: '#!/bin/sh\necho {}\n' }
    expect((await call(server, 'PUT', 'actions/native', { body: { exec } })).status).toBe(200)
    const { record } = await invokeOnce(server, 'native')
    expect(record.response.status).toBe('whisk internal error')
    expect(server.stdout).toMatch(/the engine has no image stemcell\/action-absent: .*stemcell images build/)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('does not start without the image, and says how to get it', async () => {
    const config = engineConfig(engine, { ...ABSENT, tag: '1' })
    const server = new SpawnedServer(engine.folder(), { config, args })
    expect(await server.exited).toEqual({ code: 1, signal: null })
    expect(server.stderr).toBe(
      `stemcell: ${name} has no image stemcell/action-absent:1: stemcell images build --engine ${name}\n`,
    )
  })
}
