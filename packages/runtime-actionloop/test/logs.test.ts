import { describe, expect, test } from 'vitest'
import { readFrames, textOf, TOKEN } from '../../runtime-nodejs/test/read-frames.ts'
import { eventually, SENTINEL, shellLoop, startLoop, stopped } from './loop-runtime.ts'

const ATTRIBUTED = { STEMCELL_LOGS: 'attributed', STEMCELL_LOG_TOKEN: TOKEN }
const PRINT = `echo "out $line"; echo "err" >&2; echo '{}' >&3`

describe('with sentinels', () => {
  test('each run ends with one on both streams, behind all that it printed', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(shellLoop(PRINT))
    await runtime.run({ n: 1 })
    await runtime.run({ n: 2 })
    expect(await stopped(runtime)).toEqual({
      stdout: `out {"value":{"n":1}}\n${SENTINEL}out {"value":{"n":2}}\n${SENTINEL}`,
      stderr: `err\n${SENTINEL}err\n${SENTINEL}`,
    })
  })

  test('a last line without its end is completed first', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(shellLoop(`printf half; echo '{}' >&3`))
    await runtime.run({})
    expect((await stopped(runtime)).stdout).toBe(`half\n${SENTINEL}`)
  })

  test('20 MB arrive whole and before the answer', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(shellLoop(`yes 0123456789 | head -c 20000000; echo '{}' >&3`))
    await runtime.run({})
    await eventually(() => runtime.stdout().subarray(-SENTINEL.length).toString() === SENTINEL)
    const stdout = runtime.stdout()
    // 20,000,000 bytes end in the middle of a line, which the sentinel completes.
    expect(stdout.length).toBe(20_000_000 + 1 + SENTINEL.length)
    expect(new Set(stdout.toString('latin1', 0, 19_999_991).trimEnd().split('\n'))).toEqual(new Set(['0123456789']))
  })
})

describe('attributed', () => {
  test('each line names its activation, also of runs that were sent at once', async () => {
    const runtime = await startLoop('actionloop', { ...ATTRIBUTED, OW_WAIT_FOR_ACK: '1' })
    await runtime.init(shellLoop(PRINT, `echo loaded; echo '{"ok":true}' >&3`), {
      env: { __OW_ACTIVATION_ID: 'first' },
    })
    const ids = Array.from({ length: 10 }, (_, n) => `run${n}`)
    await Promise.all(ids.map((id) => runtime.run({ id }, { activation_id: id })))
    const { stdout, stderr } = await stopped(runtime)
    const [out, err] = [readFrames(Buffer.from(stdout)), readFrames(Buffer.from(stderr))]
    expect(textOf(out, 'first')).toEqual(['loaded'])
    for (const id of ids) {
      expect(textOf(out, id)).toEqual([`out {"value":{"id":"${id}"},"activation_id":"${id}"}`])
      expect(textOf(err, id)).toEqual(['err'])
    }
    expect([out.ends, err.ends]).toEqual([ids, ids])
    expect([out.unframed, err.unframed]).toEqual(['', ''])
  })

  test('a run that prints nothing says so in its answer', async () => {
    const runtime = await startLoop('actionloop', { ...ATTRIBUTED, STEMCELL_LOG_END: 'printed' })
    await runtime.init(shellLoop(`case $line in *print*) echo hi;; esac; echo '{}' >&3`))
    const silent = await runtime.run({}, { activation_id: 'a' })
    expect(silent.headers['x-stemcell-log']).toBe('none')
    const loud = await runtime.run({ print: 1 }, { activation_id: 'b' })
    expect(loud.headers['x-stemcell-log']).toBeUndefined()
    const frames = readFrames(Buffer.from((await stopped(runtime)).stdout))
    expect(frames.ends).toEqual(['b'])
    expect(textOf(frames, 'b')).toEqual(['hi'])
  })

  test('what a program says as it dies belongs to the run that it breaks', async () => {
    const runtime = await startLoop('actionloop', ATTRIBUTED)
    await runtime.init(shellLoop('echo going; printf "gone" >&2; kill -9 $$'))
    expect(await runtime.run({}, { activation_id: 'a' })).toMatchObject({ status: 400 })
    const { stdout, stderr } = await stopped(runtime)
    const [out, err] = [readFrames(Buffer.from(stdout)), readFrames(Buffer.from(stderr))]
    expect([textOf(out, 'a'), textOf(err, 'a'), out.ends, err.ends]).toEqual([['going'], ['gone'], ['a'], ['a']])
  })

  test('what a program prints between init and its first run belongs to the init', async () => {
    const runtime = await startLoop('actionloop', ATTRIBUTED)
    const env = { __OW_ACTIVATION_ID: 'first' }
    await runtime.init(shellLoop(`echo '{}' >&3`, 'echo loaded'), { env })
    await eventually(() => runtime.stdout().includes('loaded'))
    expect(runtime.stdout().toString()).toBe(`${TOKEN} first loaded\n`)
  })

  test('what a failed init printed ends with a mark', async () => {
    const runtime = await startLoop('actionloop', { ...ATTRIBUTED, OW_WAIT_FOR_ACK: '1' })
    const env = { __OW_ACTIVATION_ID: 'a' }
    await runtime.init('#!/bin/sh\necho trying\nexit 1\n', { env })
    const { stdout, stderr } = await stopped(runtime)
    expect(textOf(readFrames(Buffer.from(stdout)), 'a')).toEqual(['trying'])
    const err = readFrames(Buffer.from(stderr))
    expect(textOf(err, 'a')).toEqual(['Command exited abruptly during initialization.'])
    expect(err.ends).toEqual(['a'])
  })
})

test('standard streams can be opened by their names', async () => {
  const runtime = await startLoop('actionloop')
  await runtime.init(
    shellLoop(`echo one > /dev/stdout; echo two > /dev/stderr; echo three > /proc/self/fd/1; echo '{}' > /dev/fd/3`),
  )
  expect(await runtime.run({})).toMatchObject({ status: 200, text: '{}' })
  expect(await stopped(runtime)).toEqual({ stdout: `one\nthree\n${SENTINEL}`, stderr: `two\n${SENTINEL}` })
})

test('a host without mkfifo gets by with sockets', async () => {
  const runtime = await startLoop('actionloop', { PATH: '/no/such/folder' })
  await runtime.init('#!/bin/sh\nwhile read -r line; do echo out; echo "{}" >&3; done\n')
  expect(await runtime.run({})).toMatchObject({ status: 200, text: '{}' })
  expect((await stopped(runtime)).stdout).toBe(`out\n${SENTINEL}`)
})
