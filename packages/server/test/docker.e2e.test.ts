import { imageDefinitions } from '@stemcell/images'
import { statSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import {
  absentImageCases,
  buildNodeImage,
  engineConfig,
  NODE_TAG,
  stemcell,
  type TestedEngine,
} from './harness/engine-images.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

vi.setConfig({ testTimeout: 180_000 })

describeWith('docker', 'a server whose actions run on Docker', (socketPath) => {
  let folder: TestFolder
  beforeEach(() => {
    folder = new TestFolder()
  })
  // Fails when a process is left.
  afterEach(() => folder.remove())

  const engine: TestedEngine = { name: 'docker', socketPath, folder: () => folder }
  absentImageCases(engine)

  it('serves with images that it built itself', async () => {
    expect(await buildNodeImage(engine, '--from-host')).toContain(`stemcell/action-nodejs:${NODE_TAG}  sha256:`)

    const server = await SpawnedServer.start(folder, { config: engineConfig(engine), args: ['--containers', 'docker'] })
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
    expect(stdout + stderr).toContain(`stemcell/action-nodejs:${NODE_TAG}, stemcell/action-nodejs:other`)
    expect(statSync(folder.join('action-nodejs.tar')).size).toBeGreaterThan(10_000_000)
    expect(stemcell('images', 'build', 'nothing').stderr).toMatch(/there is no image nothing; known: action-nodejs/)
    expect(stemcell('images', 'build', '--tag', '18').stderr).toMatch(/--tag is for one image, which must be named/)
    const listed = stemcell('images', 'list').stdout.trim().split('\n')
    expect(listed.map((line) => line.split(' ')[0])).toEqual(imageDefinitions.map(({ name }) => name))
  })
})
