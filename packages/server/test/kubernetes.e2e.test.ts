import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { servicesEnvironment } from '../../../scripts/services/environment.mjs'
import { describeWith } from '../../../test/describe-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { useCluster } from '../../spi-kubernetes/test/cluster.ts'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { codeBlocks } from './harness/code-blocks.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

vi.setConfig({ testTimeout: 180_000 })

const ROOT = join(import.meta.dirname, '../../..')
const major = process.versions.node.split('.')[0]

describeWith('kubernetes', 'a server whose actions run on Kubernetes', (kubeconfig) => {
  const cluster = useCluster(kubeconfig)
  let folder: TestFolder
  beforeEach(() => {
    folder = new TestFolder()
  })
  // Fails when a process is left.
  afterEach(() => folder.remove())

  const config = (options: object = {}): object => {
    const image = { prefix: 'stemcell', name: 'action-nodejs', tag: major }
    const given = { namespace: cluster.namespace, platformPull: 'never', ...options }
    return {
      containers: { adapter: '@stemcell/spi-kubernetes', options: given },
      manifest: {
        runtimes: {
          nodejs: [
            { kind: 'nodejs:20', default: true, image },
            { kind: 'nodejs:18', image: { prefix: 'stemcell', name: 'action-absent', tag: '1' } },
          ],
        },
      },
    }
  }
  const start = (options: object = {}): Promise<SpawnedServer> =>
    SpawnedServer.start(folder, {
      config: config(options),
      args: ['--containers', 'kubernetes'],
      env: { KUBECONFIG: kubeconfig },
    })

  it('serves actions that call back and print, and leaves no pod when it ends', async () => {
    const server = await start()
    await putAction(
      server,
      'calls-back',
      `const openwhisk = require('openwhisk')
       async function main() {
         console.log('calling')
         const ow = openwhisk({ apihost: process.env.__OW_API_HOST, api_key: ${JSON.stringify(server.key)} })
         return { actions: (await ow.actions.list()).map(({ name }) => name), uid: process.getuid() }
       }`,
      { memory: 256 },
    )
    const { record } = await invokeOnce(server, 'calls-back')
    expect(record.response).toMatchObject({ status: 'success', result: { actions: ['calls-back'], uid: 65_532 } })
    const logged = async (): Promise<unknown> =>
      (await call(server, 'GET', `activations/${record.activationId}/logs`)).json['logs']
    await vi.waitFor(async () => expect(await logged()).toEqual([expect.stringMatching(/ stdout: calling$/)]), 20_000)
    const [pod] = await cluster.pods()
    expect(pod?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'stemcell' })
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(await cluster.pods()).toEqual([])
  })

  it('runs the action lines of the README with nothing configured but the cluster', async () => {
    const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { readonly contexts: { context: object }[] }
    for (const each of config.contexts) each.context = { ...each.context, namespace: cluster.namespace }
    const args = ['--containers', 'kubernetes']
    const env = { KUBECONFIG: folder.write('kubeconfig', JSON.stringify(config)) }
    const server = await SpawnedServer.start(folder, { data: 'stemcell-data', args, env })
    const [, curl = ''] = codeBlocks(join(ROOT, 'README.md'), 'sh')
    const lines = curl.replaceAll('3233', new URL(server.url).port)
    const script = lines.replaceAll(/^curl /gm, 'printf "\\n"; curl --silent --show-error ')
    const child = spawn('sh', ['-ec', script], { cwd: folder.path, env: { PATH: process.env['PATH'], no_proxy: '*' } })
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect(stderr).toBe('')
    const [created, result, activations] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(created).toMatchObject({ name: 'hi', exec: { kind: 'nodejs:20' } })
    expect(result).toEqual({ greeting: 'Hi, you' })
    expect(activations).toEqual(expect.any(Array))
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('is found by npm start where npm run services has it, unless KUBECONFIG names another', () => {
    const named = (env: object): string => {
      const args = ['--import', join(ROOT, 'scripts/use-services.mjs'), '-p', 'process.env.KUBECONFIG']
      return execFileSync(process.execPath, args, { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' })
    }
    const { STEMCELL_TEST_KUBECONFIG: found } = servicesEnvironment()
    expect(named({})).toBe(`${found}\n`)
    expect(named({ KUBECONFIG: '/of/mine' })).toBe('/of/mine\n')
  })

  it('keeps idle containers without suspending them, and takes over the pods of one that was killed', async () => {
    const first = await start()
    await putAction(first, 'stays', 'let n = 0; function main() { return { n: ++n } }', { memory: 256 })
    for (const n of [1, 2, 3]) {
      expect((await invokeOnce(first, 'stays')).record.response).toMatchObject({ result: { n } })
    }
    expect(first.output).not.toMatch(/suspend/)
    const left = (await cluster.pods()).map(({ metadata }) => metadata.name)
    expect(left.length).toBeGreaterThan(0)
    first.child.kill('SIGKILL')
    await first.exited
    const second = await start()
    await eventually(
      'the pods of the first are gone',
      async () => !(await cluster.pods()).some(({ metadata }) => left.includes(metadata.name)),
      60_000,
    )
    expect((await invokeOnce(second, 'stays')).record.response).toMatchObject({ result: { n: 1 } })
    expect(await second.stop()).toEqual({ code: 0, signal: null })
  })

  it('tells a user that memory ran out, and an operator why there is no pod', async () => {
    const server = await start({
      requests: { memory: 1 },
      nodeSelector: { 'example.org/none': 'x' },
      scheduleTimeoutMs: 500,
    })
    await putAction(server, 'nowhere', 'function main() { return {} }', { memory: 256 })
    const { record } = await invokeOnce(server, 'nowhere')
    expect(record.response.status).toBe('whisk internal error')
    expect(server.stdout).toMatch(/no node for it within 500 ms: Unschedulable: .*node affinity/)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    const roomy = await start()
    await putAction(roomy, 'imageless', 'function main() { return {} }', { memory: 128 }, 'nodejs:18')
    const { response } = (await invokeOnce(roomy, 'imageless')).record
    expect(response.status).toBe('whisk internal error')
    const fix = 'make it (stemcell images build --output FOLDER), then push it to a registry'
    expect(JSON.stringify(response)).toContain(
      `The platform has no image stemcell/action-absent:1 for it: its operator can ${fix}`,
    )
    expect(roomy.stdout).toContain(`no node can have image stemcell/action-absent:1: ${fix}`)
    const hoards = 'const kept = []; function main() { for (;;) kept.push(Buffer.alloc(1048576, 1)) }'
    await putAction(roomy, 'hoards', hoards, { memory: 128 })
    const end = await invokeOnce(roomy, 'hoards')
    expect(JSON.stringify(end.record.response)).toMatch(/memory/)
    expect(await roomy.stop()).toEqual({ code: 0, signal: null })
  })

  it('does not start without a cluster, and says what to do', async () => {
    const args = ['--containers', 'kubernetes']
    const absent = folder.join('none')
    const server = new SpawnedServer(folder, { config: config(), args, env: { KUBECONFIG: absent } })
    expect(await server.exited).toEqual({ code: 1, signal: null })
    expect(server.stderr).toContain(`@stemcell/spi-kubernetes: kubeconfig: ${absent}: it cannot be read (ENOENT)`)
  })
})
