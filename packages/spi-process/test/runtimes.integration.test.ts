import { describe, expect, it } from 'vitest'
import { isPlatformError, type Container, type ContainerSpec } from '@stemcell/core'
import { ACTION_PATH, testWith } from '../../../test/test-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { init, isAlive, openFactory, options, processesWith, run, spec } from './harness.ts'

const PYTHON = { kind: 'python:3', image: 'stemcell/action-python' }
const SKELETON = { kind: 'blackbox', image: 'openwhisk/dockerskeleton' }

async function logOf(container: Container, id: string, value: object = {}): Promise<string[]> {
  const log = container.openLog(id, { limitBytes: 100_000 })
  await run(container, value, id)
  const { lines } = await log.collect({ waitMs: 10_000 })
  return lines.map(({ stream, text }) => `${stream}: ${text}`)
}

describe('kinds and images', () => {
  const create = async (extra: Partial<ContainerSpec>): Promise<void> => {
    const factory = await openFactory()
    await (await factory.create(spec(extra))).destroy()
  }

  it.each<Partial<ContainerSpec>>([
    { kind: 'python:3' },
    { kind: 'python:3.12' },
    { kind: 'blackbox', image: 'openwhisk/dockerskeleton' },
    { kind: 'blackbox', image: 'docker.io/openwhisk/dockerskeleton:nightly' },
    { kind: 'blackbox', image: 'localhost:5000/stemcell/action-loop' },
  ])('%j is run', async (extra) => {
    await create(extra)
  })

  it.each<[Partial<ContainerSpec>, RegExp]>([
    [{ kind: 'python:2' }, /of kinds nodejs and python:3 only, not python:2\.$/],
    [{ kind: 'ruby:3' }, /not ruby:3\.$/],
    [{ kind: 'blackbox', image: 'me/mine', userImage: true }, /not in images: 'me\/mine' is not one of openwhisk/],
    [{ kind: 'blackbox', image: 'me/mine' }, /not in images: 'me\/mine' is not one of openwhisk/],
    [{ ...SKELETON, userImage: true }, /not in images/],
    [{ kind: 'python:3', image: 'me/mine', userImage: true }, /not in images: 'me\/mine' cannot be run/],
  ])('%j is refused, and it is said why', async (extra, message) => {
    const error: unknown = await create(extra).catch((reason: unknown) => reason)
    expect(isPlatformError(error, 'ERR_UNSUPPORTED')).toBe(true)
    expect((error as Error).message).toMatch(message)
  })
})

describe('Python', () => {
  const python = (title: string, body: () => Promise<void>): void =>
    testWith('python3', title, body, { path: ACTION_PATH })

  python('runs with logs of its own, is suspended, and goes with all its children', async () => {
    const factory = await openFactory()
    const container = await factory.create(spec(PYTHON))
    const code = `import os, subprocess
def main(args):
    print("hello", args["n"])
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    return {"pids": [os.getpid(), child.pid], "home": os.environ["HOME"] == os.getcwd()[:len(os.environ["HOME"])]}
`
    expect(await init(container, code)).toMatchObject({ status: 200 })
    const pids: number[] = []
    for (const n of [1, 2]) {
      expect(await logOf(container, `a${n}`, { n })).toEqual([`stdout: hello ${n}`])
      const result = (await run(container, { n })) as { pids: number[]; home: boolean }
      expect(result.home).toBe(true)
      pids.push(...result.pids)
      await container.suspend()
      await container.resume()
    }
    expect(pids.every(isAlive)).toBe(true)
    await container.destroy()
    await eventually('all of it ended', () => !pids.some(isAlive))
    expect(processesWith(container.id)).toEqual([])
  })

  python('answers runs that come at once one after the other', async () => {
    const factory = await openFactory()
    const container = await factory.create(spec({ ...PYTHON, maxConcurrent: 8 }))
    await init(container, 'def main(args):\n    print(args["n"])\n    return args')
    const logs = await Promise.all(Array.from({ length: 8 }, (_, n) => logOf(container, `a${n}`, { n })))
    expect(logs).toEqual(Array.from({ length: 8 }, (_, n) => [`stdout: ${n}`]))
  })

  python('that takes too much memory is out of memory', async () => {
    const factory = await openFactory()
    const container = await factory.create(spec({ ...PYTHON, memoryMb: 128 }))
    await init(container, 'def main(args):\n    kept = []\n    while True: kept.append(bytearray(1 << 20))')
    await expect(run(container)).rejects.toSatisfy((error) => isPlatformError(error, 'ERR_CONNECTION_LOST'))
    expect(await container.exited).toMatchObject({ reason: 'out-of-memory' })
  })

  it('that is not installed is said by the action', async () => {
    const factory = await openFactory({ python: '/no/such/python3' })
    const container = await factory.create(spec(PYTHON))
    const { status, body } = await init(container, 'def main(args): return args')
    expect(status).toBe(502)
    expect(body).toContain(`this host has no Python: '/no/such/python3' was not found`)
  })
})

describe('an executable', () => {
  it('is a process for each run, with nothing of the host in its environment', async () => {
    const factory = await openFactory()
    const container = await factory.create(spec({ ...SKELETON, environment: { __OW_API_HOST: 'http://host' } }))
    await init(container, '#!/bin/sh\necho "to the log"\nenv | cut -d= -f1 | sort | tr "\\n" " " >&2\necho "$1"\n')
    expect(await run(container, { a: 'ü' })).toEqual({ a: 'ü' })
    const [out, err] = await logOf(container, 'a2', { a: 1 })
    expect([out, err].sort()[1]).toBe('stdout: to the log')
    const names = [out, err].sort()[0]!.replace('stderr: ', '').trim().split(' ')
    expect(names.filter((name) => !['PWD', 'SHLVL', 'OLDPWD', '_'].includes(name))).toEqual([
      'HOME',
      'LANG',
      'PATH',
      'STEMCELL_CONTAINER',
      'TMPDIR',
      '__OW_ACTIVATION_ID',
      '__OW_API_HOST',
    ])
  })

  it('that never ends goes with its container', async () => {
    const factory = await openFactory()
    const container = await factory.create(spec(SKELETON))
    await init(container, '#!/bin/sh\ntrap "" TERM\nsleep 600\n')
    const body = JSON.stringify({ value: {}, activation_id: 'a' })
    await expect(container.run(body, options({ timeoutMs: 300 }))).rejects.toSatisfy((error) =>
      isPlatformError(error, 'ERR_TIMEOUT'),
    )
    await container.destroy()
    expect(processesWith(container.id)).toEqual([])
  })
})
