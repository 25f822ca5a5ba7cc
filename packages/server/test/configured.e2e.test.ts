import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, invokeOnce, putAction } from './harness/api.ts'
import { SpawnedServer, TestFolder } from './harness/spawned-server.ts'

let folder: TestFolder

beforeEach(() => {
  folder = new TestFolder()
})
// Fails when a process is left.
afterEach(() => folder.remove())

/** A queue as somebody else might publish it: core's own, which says when it is opened. */
function installQueue(): void {
  const home = folder.join('node_modules', 'noted-queue')
  mkdirSync(home, { recursive: true })
  writeFileSync(
    `${home}/package.json`,
    JSON.stringify({ name: 'noted-queue', type: 'module', exports: { './adapter': './adapter.js' } }),
  )
  writeFileSync(
    `${home}/adapter.js`,
    `import { MemoryQueue } from '${new URL('../../core/dist/index.js', import.meta.url).href}'
     class NotedQueue extends MemoryQueue {
       constructor(note, logger) { super(); this.say = () => logger.info({ note }, 'the queue opens') }
       async open() { this.say(); await super.open() }
     }
     export default { provides: { queue: {
       options: { safeParse: (options) => ({ success: true, data: options }) },
       create: ({ note }) => ({
         name: 'noted-queue', core: '^0.1.0', build: ({ logger }) => new NotedQueue(note, logger),
       }),
     }, poolPolicy: {
       options: { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } },
       create: ({ keepMs }) => ({
         name: 'noted-policy', core: '^0.1.0', build: ({ logger }) => ({
           keepAlive() {
             logger.info({ keepMs }, 'the policy keeps a container')
             return { suspendAfterMs: keepMs, destroyAfterMs: keepMs }
           },
           victim: () => undefined, reuseWait: () => 0, stemCells: () => 0,
         }),
       }),
     } } }`,
  )
}

describe('a server whose parts are named in its configuration', () => {
  it('is made of them, with the limits and the runtimes it names', async () => {
    installQueue()
    const config = {
      stores: { adapter: '@stemcell/spi-level', options: { dir: folder.join('elsewhere'), sync: false } },
      containers: { adapter: '@stemcell/spi-process', options: { dir: folder.join('containers') } },
      queue: { adapter: 'noted-queue', options: { note: 'from the file' } },
      poolPolicy: { adapter: 'noted-queue', options: { keepMs: 60_000 } },
      limits: { memoryMb: { max: 1024 } },
      manifest: { runtimes: { nodejs: [{ kind: 'nodejs:22', image: { name: 'any' } }] } },
      logLevel: 'info',
    }
    const server = await SpawnedServer.start(folder, { config })
    expect(server.stdout).toContain('"note":"from the file","msg":"the queue opens"')
    await putAction(server, 'hello', 'const main = () => ({ pid: process.pid, home: process.env.HOME })', {
      memory: 1024,
    })
    const { record } = await invokeOnce(server, 'hello')
    expect(record.response.result).toMatchObject({ home: expect.stringContaining(folder.join('containers')) })
    expect((await call(server, 'GET', 'actions/hello')).json).toMatchObject({ exec: { kind: 'nodejs:22' } })
    expect([existsSync(folder.join('elsewhere', 'CURRENT')), existsSync(`${server.data}/store`)]).toEqual([true, false])
    expect(server.stdout).toContain('"keepMs":60000,"msg":"the policy keeps a container"')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('schedules as it is told by the package that comes with it', async () => {
    const adapter = '@stemcell/schedulers'
    const config = {
      loadBalancer: { adapter, options: { balancer: 'pull' } },
      // Nothing is kept: unless a call comes at once, it is in another process than the one before.
      poolPolicy: { adapter, options: { policy: 'fixed', pauseGraceMs: 0, idleTimeoutMs: 0 } },
    }
    const server = await SpawnedServer.start(folder, { config })
    await putAction(server, 'hello', 'const main = () => ({ pid: process.pid })')
    const pids = new Set<unknown>()
    for (let round = 0; round < 30 && pids.size < 3; round++) {
      const { record } = await invokeOnce(server, 'hello')
      pids.add((record.response.result as { pid: number }).pid)
    }
    expect(pids.size).toBe(3)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('is reached by the name it was told to listen on', async () => {
    const server = await SpawnedServer.start(folder, { args: ['--host', 'localhost'] })
    expect(server.url).toMatch(/^http:\/\/localhost:\d+$/)
    expect(await (await fetch(`${server.url}/ping`)).text()).toBe('pong')
    expect(server.stdout).not.toContain('reachable from other machines')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('writes no more log lines than it is told to, the environment first', async () => {
    const quiet = new SpawnedServer(folder, { config: { logLevel: 'info' }, env: { STEMCELL_LOG_LEVEL: 'silent' } })
    for await (const text of quiet.child.stdout!) if (String(text).includes('ready at')) break
    await quiet.stop()
    expect(quiet.stdout).not.toContain('"msg"')
  })
})
