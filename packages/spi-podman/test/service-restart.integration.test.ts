import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { removePodman, startPodman, type RunningPodman } from '../../../scripts/services/podman.mjs'
import { describeWith } from '../../../test/describe-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { libpod, openFactory, provideImage, run, spec, startAction, uniqueOwner } from './harness.ts'

vi.setConfig({ testTimeout: 120_000 })

const PRINTS = `let printed = 0
  function main({ exit, afterMs, print }) {
    if (exit !== undefined) setTimeout(() => process.exit(exit), afterMs)
    if (print) console.log(print)
    return { pid: process.pid }
  }`

/** Two Podmans could give their bridges the same addresses. */
const NO_NETWORK = { network: 'none' }

// A Podman of its own, whose service can be ended without disturbing anybody.
describeWith('podman', 'a Podman whose service ends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sp-'))
  let podman: RunningPodman
  beforeAll(async () => {
    podman = await startPodman(folder)
    await provideImage(podman.socket)
  }, 120_000)
  afterAll(async () => {
    await endService()
    removePodman(folder, podman.socket)
    rmSync(folder, { recursive: true, force: true })
  }, 120_000)

  const isGone = async (): Promise<boolean> =>
    libpod(podman.socket, 'GET', '/version').then(
      () => false,
      () => true,
    )

  async function endService(): Promise<void> {
    if (await isGone()) return
    process.kill(podman.pid, 'SIGKILL')
    await eventually('the service is gone', isGone)
  }

  async function restartService(): Promise<void> {
    podman = await startPodman(folder, podman.socket)
  }

  it('keeps containers and runs through a restart, and says that the log has a gap', async () => {
    const factory = await openFactory(podman.socket, NO_NETWORK)
    const action = await startAction(factory, PRINTS)
    const before = action.openLog('a0', { limitBytes: 1_000 })
    await run(action, { print: 'before' }, 'a0')
    expect(await before.collect({ waitMs: 10_000 })).toMatchObject({ complete: true, lines: [{ text: 'before' }] })

    const log = action.openLog('a1', { limitBytes: 1_000 })
    await endService()
    expect(await run(action, { print: 'lost' }, 'a1')).toHaveProperty('pid')
    await restartService()
    expect(await log.collect({ waitMs: 100 })).toMatchObject({ complete: false })

    const follows = async (): Promise<boolean> => {
      const id = `a${performance.now()}`
      const next = action.openLog(id, { limitBytes: 1_000 })
      await run(action, { print: 'after' }, id)
      const { complete, lines } = await next.collect({ waitMs: 500 })
      return complete && lines[0]?.text === 'after'
    }
    await eventually('the log is followed again', follows)
    await action.destroy()
    expect(await action.exited).toMatchObject({ reason: 'destroyed' })
  })

  it('learns how a container ended while nobody answered', async () => {
    const factory = await openFactory(podman.socket, NO_NETWORK)
    const action = await startAction(factory, PRINTS)
    const { exited } = action
    await run(action, { exit: 5, afterMs: 300 })
    await endService()
    await expect(
      vi.waitUntil(
        () =>
          run(action).then(
            () => false,
            () => true,
          ),
        { timeout: 20_000 },
      ),
    ).resolves.toBe(true)
    await restartService()
    expect(await exited).toEqual({ reason: 'exited', exitCode: 5 })
  })

  it('destroys what was to be destroyed as soon as it answers, and makes new containers', async () => {
    const factory = await openFactory(podman.socket, NO_NETWORK)
    const owner = uniqueOwner()
    const action = await startAction(factory, PRINTS, { owner })
    await endService()
    const destroyed = action.destroy()
    await expect(factory.create(spec({ owner }))).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await expect(factory.list(owner)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await restartService()
    await destroyed
    expect(await factory.list(owner)).toEqual([])
    expect(await run(await startAction(factory, PRINTS, { owner }))).toHaveProperty('pid')
  })

  it('does not keep a factory from closing; the next one reaps', async () => {
    const factory = await openFactory(podman.socket, NO_NETWORK)
    const owner = uniqueOwner()
    await startAction(factory, PRINTS, { owner })
    await endService()
    const began = performance.now()
    await factory.close()
    expect(performance.now() - began).toBeLessThan(30_000)
    await restartService()
    const next = await openFactory(podman.socket, NO_NETWORK)
    expect(await next.reap(owner)).toBe(1)
    expect(await next.list(owner)).toEqual([])
  })

  it('calls a container lost that somebody else removed', async () => {
    const factory = await openFactory(podman.socket, NO_NETWORK)
    const action = await startAction(factory, PRINTS)
    onTestFinished(() => action.destroy())
    await libpod(podman.socket, 'DELETE', `/containers/${action.id}?force=true&timeout=0`)
    expect((await action.exited).reason).toMatch(/lost|exited/)
    await action.destroy()
  })
})
