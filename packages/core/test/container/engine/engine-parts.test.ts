import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  engineLabels,
  exitReason,
  isolatedNetworkName,
  Semaphore,
  orAborted,
  ownerLabels,
  PlatformNetworks,
  SocketFolders,
  specLabels,
} from '@stemcell/core/container-engine'

describe('why a container ended', () => {
  it.each([
    [0, false, '', { reason: 'exited', exitCode: 0 }],
    [7, true, '', { reason: 'exited', exitCode: 7 }],
    [137, true, '', { reason: 'out-of-memory', exitCode: 137, signal: 'SIGKILL' }],
    [137, false, '', { reason: 'exited', exitCode: 137, signal: 'SIGKILL' }],
    [134, false, 'FATAL: heap out of memory', { reason: 'out-of-memory', exitCode: 134, signal: 'SIGABRT' }],
    [139, false, 'Reached heap limit Allocation failed', { reason: 'out-of-memory', exitCode: 139, signal: 'SIGSEGV' }],
    [1, false, 'heap out of memory', { reason: 'exited', exitCode: 1 }],
    [134, false, 'assertion failed', { reason: 'exited', exitCode: 134, signal: 'SIGABRT' }],
    [undefined, false, '', { reason: 'lost' }],
  ])('exit code %s, out of memory %s, last words %j', (exitCode, outOfMemory, words, expected) => {
    expect(exitReason(exitCode, outOfMemory, words)).toEqual(expected)
  })
})

describe('labels', () => {
  it('carry the owner and what the spec says, under names that do not meet', () => {
    const owner = { platform: 'p', invoker: 'i' }
    const labels = { platform: 'not the platform', action: 'guest/a' }
    const all = engineLabels({ owner, labels } as unknown as Parameters<typeof engineLabels>[0])
    expect(all).toMatchObject(ownerLabels(owner))
    expect(specLabels({ ...all, other: 'of somebody else' })).toEqual(labels)
  })
})

describe('Semaphore', () => {
  it('lets so many through at a time, in order, also after failures', async () => {
    const gate = new Semaphore(2)
    const order: number[] = []
    let now = 0
    let most = 0
    const work = (index: number): Promise<void> =>
      gate.run(async () => {
        most = Math.max(most, ++now)
        order.push(index)
        await new Promise((resolve) => setImmediate(resolve))
        now--
        if (index === 1) throw new Error('on purpose')
      })
    const outcomes = await Promise.allSettled([0, 1, 2, 3, 4].map(work))
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true])
    expect([most, order]).toEqual([2, [0, 1, 2, 3, 4]])
  })

  it('lets go of those who no longer want to wait', async () => {
    const gate = new Semaphore(1)
    const abort = new AbortController()
    let finish = (): void => undefined
    const first = gate.run(() => new Promise<void>((resolve) => (finish = resolve)), abort.signal)
    const second = gate.run(() => Promise.reject(new Error('never begun')), abort.signal)
    abort.abort(new Error('no longer'))
    await expect(second).rejects.toThrow('aborted')
    await expect(orAborted(first, abort.signal)).rejects.toThrow('aborted')
    finish()
    await first
    expect(await gate.run(() => Promise.resolve('next'), new AbortController().signal)).toBe('next')
  })
})

describe('SocketFolders', () => {
  const temporary = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'sf-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }

  it('makes a folder that is open to all inside one that is not, and closes it', async () => {
    const root = join(temporary(), 'own')
    const folders = new SocketFolders('x', root)
    folders.open()
    folders.make('a')
    const { folder, socketPath } = folders.of('a')
    expect([statSync(root).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o700, 0o777])
    folders.seal('a')
    expect(statSync(folder).mode & 0o777).toBe(0o755)
    expect(socketPath).toBe(`${folder}/s`)
    await folders.remove('a')
    await folders.remove('a')
    expect(() => statSync(folder)).toThrow('ENOENT')
  })

  it('refuses folders of others and paths that are too long, naming adapter, option and fix', () => {
    expect(() => new SocketFolders('x', '/tmp').open()).toThrow(/^x: dir .*mode 700.*set dir/)
    const deep = join(temporary(), 'd'.repeat(100))
    expect(() => new SocketFolders('x', deep).open()).toThrow(/^x: dir .*bytes.*set dir/)
  })
})

describe('PlatformNetworks', () => {
  it('are looked for once by all who ask, again after a failure or when they may be gone, and taken once', async () => {
    let looks = 0
    let fails = true
    const networks = new PlatformNetworks((platform) => {
      looks++
      return fails ? Promise.reject(new Error('on purpose')) : Promise.resolve(`network of ${platform}`)
    })
    const failures = await Promise.allSettled([networks.of('p'), networks.of('p')])
    expect([looks, failures.map(({ status }) => status)]).toEqual([1, ['rejected', 'rejected']])
    fails = false
    expect(await Promise.all([networks.of('p'), networks.of('p')])).toEqual(['network of p', 'network of p'])
    expect(looks).toBe(2)
    networks.forget('p')
    await networks.of('p')
    fails = true
    networks.of('q').catch(() => undefined)
    expect([looks, await networks.take(), await networks.take()]).toEqual([4, ['network of p'], []])
  })

  it('have a name for people, another one for each platform and for what does not lead out', () => {
    const names = ['a b', 'a_b', 'x'.repeat(200)].flatMap((name) =>
      [true, false].map((egress) => isolatedNetworkName(name, egress)),
    )
    expect(new Set(names).size).toBe(6)
    for (const name of names) expect(name).toMatch(/^stemcell-[\w.-]{1,40}-[0-9a-f]{8}(-inside)?$/)
  })
})
