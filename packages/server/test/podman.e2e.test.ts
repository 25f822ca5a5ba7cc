import { hasImage } from '@stemcell/images'
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { PROGRAM, SpawnedServer, TestFolder } from './harness/spawned-server.ts'

vi.setConfig({ testTimeout: 180_000 })

const major = process.versions.node.split('.')[0]
const image = { prefix: 'stemcell', name: 'action-nodejs', tag: major }

describeWith('podman', 'a server whose actions run on Podman', (socketPath) => {
  let folder: TestFolder
  beforeEach(() => {
    folder = new TestFolder()
  })
  // Fails when a process is left.
  afterEach(() => folder.remove())

  const config = (manifestImage: object = image, blackboxes: readonly object[] = []): object => {
    // Not inside the data folder, whose path may be too long for a socket.
    mkdirSync(folder.join('run'), { mode: 0o700, recursive: true })
    const options = { socketPath, dir: folder.join('run'), ociRuntime: 'runc' }
    return {
      containers: { adapter: '@stemcell/spi-podman', options },
      manifest: { runtimes: { nodejs: [{ kind: 'nodejs:20', image: manifestImage }] }, blackboxes },
    }
  }

  it('serves with images that it built itself, to actions that call back', async () => {
    const build = ['images', 'build', '--engine', 'podman', '--socket', socketPath, 'action-nodejs']
    expect(spawnSync(process.execPath, [PROGRAM, ...build], { encoding: 'utf8' }).stderr).toBe('')
    expect(await hasImage(socketPath, `stemcell/action-nodejs:${major}`)).toBe(true)

    const server = await SpawnedServer.start(folder, { config: config(), args: ['--containers', 'podman'] })
    await putAction(
      server,
      'calls-back',
      `const openwhisk = require('openwhisk')
       async function main() {
         const ow = openwhisk({ apihost: process.env.__OW_API_HOST, api_key: ${JSON.stringify(server.key)} })
         return { actions: (await ow.actions.list()).map(({ name }) => name), uid: process.getuid() }
       }`,
      { memory: 256 },
    )
    const { record } = await invokeOnce(server, 'calls-back')
    expect(record.response).toMatchObject({ status: 'success', result: { actions: ['calls-back'], uid: 65_532 } })
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('starts without the image of native actions, which fail and say to the operator how to get it', async () => {
    const built = spawnSync(
      process.execPath,
      [PROGRAM, 'images', 'build', '--engine', 'podman', '--socket', socketPath, 'action-nodejs'],
      { encoding: 'utf8' },
    )
    expect(built.stderr).toBe('')
    const runs = { prefix: 'stemcell', name: 'action-absent' }
    const blackboxes = [{ prefix: 'openwhisk', name: 'dockerskeleton', runs }]
    const server = await SpawnedServer.start(folder, {
      config: config(image, blackboxes),
      args: ['--containers', 'podman'],
    })
    expect(server.stdout).toContain(
      'podman has no image stemcell/action-absent: stemcell images build --engine podman;',
    )
    const exec = { kind: 'blackbox', image: 'openwhisk/dockerskeleton', code: '#!/bin/sh\necho {}\n' }
    expect((await call(server, 'PUT', 'actions/native', { body: { exec } })).status).toBe(200)
    const { record } = await invokeOnce(server, 'native')
    expect(record.response.status).toBe('whisk internal error')
    expect(server.stdout).toMatch(/the engine has no image stemcell\/action-absent: .*stemcell images build/)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('does not start without the image, and says how to get it', async () => {
    const absent = { prefix: 'stemcell', name: 'action-absent', tag: '1' }
    const server = new SpawnedServer(folder, { config: config(absent), args: ['--containers', 'podman'] })
    expect(await server.exited).toEqual({ code: 1, signal: null })
    expect(server.stderr).toBe(
      'stemcell: podman has no image stemcell/action-absent:1: stemcell images build --engine podman\n',
    )
  })
})
