import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { invokeOnce, putAction } from './harness/api.ts'
import { absentImageCases, buildNodeImage, engineConfig, type TestedEngine } from './harness/engine-images.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

vi.setConfig({ testTimeout: 180_000 })

describeWith('podman', 'a server whose actions run on Podman', (socketPath) => {
  let folder: TestFolder
  beforeEach(() => {
    folder = new TestFolder()
  })
  // Fails when a process is left.
  afterEach(() => folder.remove())

  const engine: TestedEngine = { name: 'podman', socketPath, options: { ociRuntime: 'runc' }, folder: () => folder }
  absentImageCases(engine)

  it('serves with images that it built itself, to actions that call back', async () => {
    await buildNodeImage(engine)
    const server = await SpawnedServer.start(folder, { config: engineConfig(engine), args: ['--containers', 'podman'] })
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
})
