import type { ContainerFactory } from '@stemcell/core'
import { containerFactoryCases, containerSubject, RunningContext } from '@stemcell/conformance'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { useEngine } from './engine.ts'
import { answer, eventually, initialise, logged, run, specOf, unique } from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const ECHO = 'function main(args) { return args }'
/** Cases that suspending by other means must keep. */
const SUSPENSION = /suspend|destroy-works-in-every-state|reap-removes/

describeWith('docker', 'the life of a container on Docker', (socketPath) => {
  const engine = useEngine(socketPath)
  let factory: ContainerFactory

  beforeAll(async () => {
    factory = engine.factory()
    await factory.open()
  })
  afterAll(() => factory.close())

  it('begins with the limits of its specification', async () => {
    const { id } = await factory.create(specOf(engine, { memoryMb: 192, cpu: 0.5, labels: { action: 'a/b' } }))
    const { HostConfig, Config } = await engine.docker.getContainer(id).inspect()
    expect(HostConfig).toMatchObject({
      Memory: 192 * 1_048_576,
      MemorySwap: 192 * 1_048_576,
      CpuShares: 512,
      CpuQuota: 50_000,
      CpuPeriod: 100_000,
      PidsLimit: 1_024,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      LogConfig: { Type: 'none' },
    })
    expect(HostConfig.Ulimits).toMatchObject([{ Name: 'nofile', Soft: 1_024, Hard: 1_024 }])
    expect(Config.Labels).toMatchObject({
      'stemcell.platform': engine.platform,
      'stemcell.invoker': 'invoker0',
      'stemcell.label.action': 'a/b',
    })
  })

  it('is spoken to in frames, on a socket and on a port alike: its HTTP stack is never loaded', async () => {
    const code = 'function main() { return { http: process.moduleLoadList.includes("NativeModule _http_server") } }'
    expect(await answer(await factory.create(specOf(engine)), code)).toEqual({ http: false })
    const onPort = engine.factory({ address: 'port' })
    await onPort.open()
    try {
      expect(await answer(await onPort.create(specOf(engine)), code)).toEqual({ http: false })
    } finally {
      await onPort.close()
    }
  })

  it('gets no more CPU than its limit', async () => {
    const code = `function main() {
      const [wall, cpu] = [process.hrtime.bigint(), process.cpuUsage()]
      while (process.hrtime.bigint() - wall < 1_000_000_000n);
      const { user, system } = process.cpuUsage(cpu)
      return { cores: (user + system) / (Number(process.hrtime.bigint() - wall) / 1000) }
    }`
    const { cores } = (await answer(await factory.create(specOf(engine, { cpu: 0.2 })), code)) as { cores: number }
    expect(cores).toBeLessThan(0.35)
  })

  it('keeps an action alive that makes much garbage in little memory', async () => {
    const code = `function main() {
      let bytes = 0
      for (let i = 0; i < 400; i++) bytes += Buffer.alloc(1048576, i).length + 'x'.repeat(500000).split('').length
      return { bytes }
    }`
    const container = await factory.create(specOf(engine, { memoryMb: 128 }))
    expect(await answer(container, code)).toEqual({ bytes: 400 * (1_048_576 + 500_000) })
  })

  it('ends as out of memory when the heap is full, and not when it merely aborts', async () => {
    const full = await factory.create(specOf(engine, { memoryMb: 512 }))
    await initialise(full, 'const all = []; function main() { for (;;) all.push(new Array(1000).fill(all.length)) }')
    await expect(run(full)).rejects.toMatchObject({ code: 'ERR_CONNECTION_LOST' })
    expect(await full.exited).toMatchObject({ reason: 'out-of-memory' })
    const aborts = await factory.create(specOf(engine))
    await initialise(aborts, 'function main() { process.abort() }')
    await expect(run(aborts)).rejects.toMatchObject({ code: 'ERR_CONNECTION_LOST' })
    expect(await aborts.exited).toMatchObject({ reason: 'exited', signal: expect.stringMatching(/^SIG/) as string })
  })

  it('ends when somebody else removes it, and is destroyed all the same', async () => {
    const container = await factory.create(specOf(engine))
    await engine.docker.getContainer(container.id).remove({ force: true })
    expect((await container.exited).reason).toBe('exited')
    await container.destroy()
  })

  it('is destroyed although somebody else paused it', async () => {
    const container = await factory.create(specOf(engine))
    await engine.docker.getContainer(container.id).pause()
    await container.destroy()
    expect((await container.exited).reason).toBe('destroyed')
    await expect(engine.docker.getContainer(container.id).inspect()).rejects.toMatchObject({ statusCode: 404 })
  })

  it('prints what its child processes print, where it has any', async () => {
    const container = await factory.create(specOf(engine))
    await initialise(
      container,
      `const { spawnSync } = require('node:child_process')
       function main() { spawnSync(process.execPath, ['-e', 'console.log("child")'], { stdio: 'inherit' }); console.log('own'); return {} }`,
    )
    const { lines } = await logged(container, 'a1')
    expect(lines.map(({ text }) => text)).toEqual(['child', 'own'])
  })

  it('leaves nothing in the private folder', async () => {
    const container = await factory.create(specOf(engine))
    await answer(container, ECHO)
    const { Labels } = (await engine.docker.getContainer(container.id).inspect()).Config
    const folder = join(engine.dir, Labels['stemcell.key'] ?? '')
    expect(readdirSync(folder)).toEqual(['s'])
    await container.destroy()
    expect(existsSync(folder)).toBe(false)
  })

  it('is removed by a successor when its owner was killed', async () => {
    const owner = { platform: engine.platform, invoker: `invoker-${unique()}` }
    const fixture = join(import.meta.dirname, 'fixtures', 'owner.mjs')
    const parent = spawn(
      process.execPath,
      [fixture, JSON.stringify({ socketPath, dir: engine.dir, spec: specOf(engine, { owner }) })],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let said = ''
    parent.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    await eventually('the owner has made two containers', () => said.includes('made'))
    parent.kill('SIGKILL')
    expect((await factory.list(owner)).map(({ state }) => state).sort()).toEqual(['running', 'suspended'])
    expect(await factory.reap(owner)).toBe(2)
    expect(await factory.list(owner)).toEqual([])
    expect(await factory.reap(owner)).toBe(0)
  })

  for (const { id, run: proveCase } of containerFactoryCases.filter((one) => SUSPENSION.test(one.id))) {
    if (id === 'containers.suspend-undeclared-is-refused') continue
    it(`keeps ${id} when it is suspended by its cgroup`, async () => {
      const subject = containerSubject(() => engine.factory({ suspendThrough: 'freezer' }), {
        spec: { image: engine.image },
      })
      await subject.open()
      try {
        const uniqueName = `${engine.platform}-${unique()}`
        await proveCase(subject, new RunningContext(subject, { uniqueName, patienceMs: 60_000 }))
      } finally {
        await subject.close()
      }
    })
  }
})
