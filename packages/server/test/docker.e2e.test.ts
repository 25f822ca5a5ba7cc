import { hasImage, imageDefinitions } from '@stemcell/images'
import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { PROGRAM, SpawnedServer, TestFolder } from './harness/spawned-server.ts'

vi.setConfig({ testTimeout: 180_000 })

const major = process.versions.node.split('.')[0]
const image = { prefix: 'stemcell', name: 'action-nodejs', tag: major }

function stemcell(...args: string[]): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' })
}

describeWith('docker', 'a server whose actions run on Docker', (socketPath) => {
  let folder: TestFolder
  beforeEach(() => {
    folder = new TestFolder()
  })
  // Fails when a process is left.
  afterEach(() => folder.remove())

  const config = (manifestImage: object = image, blackboxes: readonly object[] = []): object => {
    // Not inside the data folder, whose path may be too long for a socket.
    mkdirSync(folder.join('run'), { mode: 0o700, recursive: true })
    return {
      containers: { adapter: '@stemcell/spi-docker', options: { socketPath, dir: folder.join('run') } },
      manifest: { runtimes: { nodejs: [{ kind: 'nodejs:20', image: manifestImage }] }, blackboxes },
    }
  }

  it('serves with images that it built itself', async () => {
    const built = stemcell('images', 'build', '--from-host', '--socket', socketPath, 'action-nodejs')
    expect(built.stdout + built.stderr).toContain(`stemcell/action-nodejs:${major}  sha256:`)
    expect(await hasImage(socketPath, `stemcell/action-nodejs:${major}`)).toBe(true)

    const server = await SpawnedServer.start(folder, { config: config(), args: ['--containers', 'docker'] })
    expect(server.stdout).toContain('containers  isolated')
    await putAction(
      server,
      'calls-back',
      `const openwhisk = require('openwhisk')
       async function main() {
         console.log('as user', process.getuid())
         const ow = openwhisk({ apihost: process.env.__OW_API_HOST, api_key: ${JSON.stringify(server.key)} })
         return { actions: (await ow.actions.list()).map(({ name }) => name) }
       }`,
      { memory: 256 },
    )
    const { record } = await invokeOnce(server, 'calls-back')
    expect(record.response).toMatchObject({ status: 'success', result: { actions: ['calls-back'] } })
    let logs: unknown
    await eventually('the record is kept', async () => {
      const { status, json } = await call(server, 'GET', `activations/${record.activationId}/logs`)
      logs = json['logs']
      return status === 200
    })
    expect(logs).toEqual([expect.stringMatching(/stdout: as user 65532$/)])
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('starts without the image of native actions, which fail and say to the operator how to get it', async () => {
    expect(stemcell('images', 'build', '--socket', socketPath, 'action-nodejs').stderr).toBe('')
    const runs = { prefix: 'stemcell', name: 'action-absent' }
    const blackboxes = [{ prefix: 'openwhisk', name: 'dockerskeleton', runs }]
    const server = await SpawnedServer.start(folder, {
      config: config(image, blackboxes),
      args: ['--containers', 'docker'],
    })
    expect(server.stdout).toContain(
      'docker has no image stemcell/action-absent: stemcell images build --engine docker;',
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
    const server = new SpawnedServer(folder, { config: config(absent), args: ['--containers', 'docker'] })
    expect(await server.exited).toEqual({ code: 1, signal: null })
    expect(server.stderr).toBe(
      'stemcell: docker has no image stemcell/action-absent:1: stemcell images build --engine docker\n',
    )
  })

  it('does not start without an engine, and says how to start it', async () => {
    const options = { socketPath: folder.join('nobody.sock'), connectTimeoutMs: 100 }
    const server = new SpawnedServer(folder, { config: { containers: { adapter: '@stemcell/spi-docker', options } } })
    expect(await server.exited).toEqual({ code: 1, signal: null })
    expect(server.stderr).toMatch(/no Docker Engine answers at .*nobody\.sock .*systemctl start docker/)
  })

  it('leaves out images that this machine has no program for, and says why', () => {
    // Nobody takes the others either: this is about what is said before.
    const nobody = ['--socket', folder.join('nobody.sock'), '--python', '/nowhere/python3', '--busybox', '/bin/true']
    const { stdout, stderr, status } = stemcell('images', 'build', ...nobody)
    expect(stdout.trim().split('\n')).toEqual([
      'action-python  not built: /nowhere/python3 does not answer like Python 3',
      expect.stringMatching(/^action-skeleton  not built: this machine has no shell/),
      expect.stringMatching(/^action-loop  not built: this machine has no shell/),
    ])
    expect(stderr).toContain('does not answer')
    expect(status).toBe(1)
    // One that was asked for by its name is not left out.
    expect(stemcell('images', 'build', 'action-python', ...nobody).stderr).toContain('/nowhere/python3 does not answer')
  })

  it('writes images as archives, to be carried elsewhere', () => {
    const { stdout, stderr } = stemcell('images', 'build', 'action-nodejs', '--output', folder.path, '--tag', 'other')
    expect(stdout + stderr).toContain(`stemcell/action-nodejs:${major}, stemcell/action-nodejs:other`)
    expect(statSync(folder.join('action-nodejs.tar')).size).toBeGreaterThan(10_000_000)
    expect(stemcell('images', 'build', 'nothing').stderr).toMatch(/there is no image nothing; known: action-nodejs/)
    expect(stemcell('images', 'build', '--tag', '18').stderr).toMatch(/--tag is for one image, which must be named/)
    const listed = stemcell('images', 'list').stdout.trim().split('\n')
    expect(listed.map((line) => line.split(' ')[0])).toEqual(imageDefinitions.map(({ name }) => name))
  })
})
