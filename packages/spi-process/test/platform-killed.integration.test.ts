import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { isAlive, openFactory, processesWith, temporaryFolder } from './harness.ts'

const FIXTURE = fileURLToPath(new URL('fixtures/parent.mjs', import.meta.url))
const OWNER = { platform: 'killed', invoker: 'invoker0' }

/** Runs the fixture until it has made its containers; returns its process and theirs. */
async function platform(dir: string, ...kinds: string[]): Promise<{ parent: ChildProcess; pids: number[] }> {
  const parent = spawn(process.execPath, [FIXTURE, dir, ...kinds], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const [line] = (await once(parent.stdout!, 'data')) as [Buffer]
  const pids = JSON.parse(line.toString()) as number[]
  onTestFinished(() => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  })
  return { parent, pids }
}

async function killOutright(parent: ChildProcess): Promise<void> {
  const ended = once(parent, 'exit')
  parent.kill('SIGKILL')
  await ended
}

describe.runIf(process.platform === 'linux')('kill -9 of the platform', () => {
  it('leaves no process and no file behind, whatever the actions were doing', async () => {
    const dir = temporaryFolder()
    const { parent, pids } = await platform(dir, 'idle', 'suspended', 'busy', 'parent')
    expect(pids).toHaveLength(6)
    expect(pids.every(isAlive)).toBe(true)
    await killOutright(parent)
    await eventually('all processes ended', () => !pids.some(isAlive))
    await eventually('nobody knows the folder any more', () => processesWith(dir).length === 0)
    expect(readdirSync(dir)).toEqual([])
  })

  it('is cleaned up by the next start when the guardian was killed as well', async () => {
    const dir = temporaryFolder()
    const { parent, pids } = await platform(dir, 'suspended', 'busy', 'idle')
    for (const pid of processesWith('stemcell-guardian').filter((found) => processesWith(dir).includes(found))) {
      process.kill(pid, 'SIGKILL')
      await eventually('the guardian ended', () => !isAlive(pid))
    }
    await killOutright(parent)
    const idle = pids[2]!
    await eventually('the idle process noticed by its lifeline', () => !isAlive(idle))
    expect(pids.slice(0, 2).every(isAlive)).toBe(true)

    const next = await openFactory({ dir })
    const found = await next.list(OWNER)
    expect(Object.fromEntries(found.map(({ labels, state }) => [labels['kind'], state]))).toEqual({
      suspended: 'suspended',
      busy: 'running',
      idle: 'dead',
    })
    expect(await next.reap({ ...OWNER, invoker: 'invoker1' })).toBe(0)
    expect(await next.reap(OWNER)).toBe(3)
    expect(pids.some(isAlive)).toBe(false)
    expect(await next.list(OWNER)).toEqual([])
    await next.close()
    expect(readdirSync(join(dir))).toEqual([])
  })
})
