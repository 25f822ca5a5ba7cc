import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Container } from '@stemcell/core'
import { describeWith } from '../../../test/describe-with.ts'
import { libpod, openFactory, provideImage, run, startAction } from './harness.ts'

vi.setConfig({ testTimeout: 120_000 })

const BURNS = `function main({ ms }) {
  const began = { wall: process.hrtime.bigint(), cpu: process.cpuUsage() }
  while (process.hrtime.bigint() - began.wall < BigInt(ms) * 1000000n);
  const { user, system } = process.cpuUsage(began.cpu)
  return { share: (user + system) / 1000 / ms }
}`
const SPINS = 'function main() { setInterval(() => { for (let i = 0; i < 1e6; i++); }, 1); return {} }'
const CLOCK_TICKS_PER_S = 100

describeWith('podman', 'limits of containers on Podman', (socket) => {
  beforeAll(() => provideImage(socket), 60_000)

  async function inspected(container: Container): Promise<Record<string, Record<string, unknown>>> {
    const { body } = await libpod(socket, 'GET', `/containers/${container.id}/json`)
    return body as Record<string, Record<string, unknown>>
  }

  /** CPU time that the first process of a container has used, ms. */
  async function cpuMs(container: Container): Promise<number> {
    const { State } = await inspected(container)
    const stat = readFileSync(`/proc/${Number(State!['Pid'])}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_S
  }

  it('speaks frames to a container: its HTTP stack is never loaded', async () => {
    const code = 'function main() { return { http: process.moduleLoadList.includes("NativeModule _http_server") } }'
    expect(await run(await startAction(await openFactory(socket), code))).toEqual({ http: false })
  })

  it('gives an action its share of a core and no more', async () => {
    const factory = await openFactory(socket)
    const limited = await startAction(factory, BURNS, { cpu: 0.2 })
    const { share } = await run(limited, { ms: 2_000 })
    expect(share).toBeLessThan(0.3)
    expect(share).toBeGreaterThan(0.02)
  })

  it('derives the share from memory when told to, and weighs by memory always', async () => {
    const derived = await startAction(await openFactory(socket, { cpuPerGb: 0.4 }), BURNS, { memoryMb: 512 })
    expect((await inspected(derived))['HostConfig']).toMatchObject({
      CpuQuota: 20_000,
      CpuPeriod: 100_000,
      CpuShares: 205,
    })
    const free = await startAction(await openFactory(socket), BURNS, { memoryMb: 512 })
    expect((await inspected(free))['HostConfig']).toMatchObject({
      CpuQuota: 0,
      CpuShares: 512,
      Memory: 536_870_912,
      MemorySwap: 536_870_912,
      PidsLimit: 1_024,
    })
  })

  it('calls a full heap out of memory, and a child of the action that was killed for it not', async () => {
    const factory = await openFactory(socket)
    const hoards = 'function main() { const kept = []; for (;;) kept.push({ text: String(kept.length).repeat(20) }) }'
    const full = await startAction(factory, hoards, { memoryMb: 128 })
    await expect(run(full)).rejects.toThrow()
    expect((await full.exited).reason).toBe('out-of-memory')

    const child = `const { spawnSync } = require('node:child_process')
      function main() {
        const code = 'const kept = []; for (;;) kept.push(Buffer.alloc(1048576, 1))'
        return { signal: spawnSync(process.execPath, ['-e', code]).signal }
      }`
    const parent = await startAction(factory, child, { memoryMb: 256 })
    expect(await run(parent)).toEqual({ signal: 'SIGKILL' })
    await libpod(socket, 'POST', `/containers/${parent.id}/kill?signal=SIGTERM`)
    expect(await parent.exited).toEqual({ reason: 'exited', exitCode: 143, signal: 'SIGTERM' })
  })

  it('bounds the processes of an action', async () => {
    const factory = await openFactory(socket, { pids: 64 })
    const forks = `const { spawn } = require('node:child_process')
      async function main() {
        const children = Array.from({ length: 100 }, () => spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' }))
        const codes = await Promise.all(children.map((child) => new Promise((resolve) => {
          child.once('error', (error) => resolve(error.code)); child.once('spawn', () => resolve('spawned')) })))
        return { failed: codes.includes('EAGAIN') }
      }`
    const action = await startAction(factory, forks, { memoryMb: 512 })
    const outcome = await run(action).catch(() => 'ended')
    if (outcome !== 'ended') expect(outcome).toEqual({ failed: true })
    const { HostConfig } = await inspected(action)
    expect(HostConfig!['PidsLimit']).toBe(64)
  })

  describe.each(['engine', 'freezer'] as const)('suspended through the %s', (suspendThrough) => {
    it('uses no CPU, goes on afterwards, and can be destroyed as it is', async () => {
      const factory = await openFactory(socket, { suspendThrough })
      const action = await startAction(factory, SPINS)
      await run(action)
      const before = await cpuMs(action)
      await vi.waitUntil(async () => (await cpuMs(action)) > before + 100, { timeout: 20_000 })
      await action.suspend()
      const suspended = await cpuMs(action)
      const other = await startAction(factory, BURNS)
      await run(other, { ms: 1_000 })
      expect(await cpuMs(action)).toBe(suspended)
      await action.resume()
      expect(await run(action)).toEqual({})
      await vi.waitUntil(async () => (await cpuMs(action)) > suspended + 100, { timeout: 20_000 })
      await action.suspend()
      await action.destroy()
      expect((await action.exited).reason).toBe('destroyed')
    })
  })
})
