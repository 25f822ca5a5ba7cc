import { describe, expect, test } from 'vitest'
import { ECHO_LOOP, eventually, shellLoop, startLoop, stopped } from './loop-runtime.ts'
import { testWith } from '../../../test/test-with.ts'

const REPLY = (text: string): string => shellLoop(`printf '%s\\n' '${text}' >&3`)

describe('a call', () => {
  test('before init is refused and leaves no trace', async () => {
    const runtime = await startLoop('actionloop')
    expect(await runtime.run({})).toMatchObject({ status: 500, json: { error: 'no action defined yet' } })
    expect(await stopped(runtime)).toEqual({ stdout: '', stderr: '' })
  })

  test('reaches the program as it was sent, on one line', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(ECHO_LOOP)
    const body =
      '{ "value":\r\n {"n": 12345678901234567890, "f": 1.0,\n\t"s": "a\\nb ☃ \\u0041 \\\\", "d": 1, "d": 2} }'
    const { status, text } = await runtime.post('/run', body)
    expect({ status, text }).toEqual({ status: 200, text: body.replaceAll(/[\r\n]/g, ' ') })
  })

  test('with a line end inside a text is no JSON', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(ECHO_LOOP)
    expect(await runtime.post('/run', '{"value":{"a":"x\ny"}}')).toMatchObject({ status: 500 })
    expect(await runtime.run({ a: 'x\ny' })).toMatchObject({ status: 200, json: { value: { a: 'x\ny' } } })
  })

  test.each([
    ['{"a":1}', 200],
    ['[1,2]', 200],
    ['  {"a":1} ', 200],
    ['null', 200],
  ])('is answered with %s', async (text, status) => {
    const runtime = await startLoop('actionloop')
    await runtime.init(REPLY(text))
    expect(await runtime.run({})).toMatchObject({ status, text })
  })

  test.each(['"text"', '7', 'true', '', 'hello', 'nullable'])('that is answered with %j is an error', async (text) => {
    const runtime = await startLoop('actionloop')
    await runtime.init(REPLY(text))
    const error = 'The action did not return a dictionary or array.'
    expect(await runtime.run({})).toMatchObject({ status: 502, json: { error } })
  })

  test('during a call waits for its turn: each gets its own answer', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(ECHO_LOOP)
    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, n) => runtime.run({ n }, { activation_id: `a${n}` })),
    )
    expect(answers.map(({ json }) => json)).toEqual(
      Array.from({ length: 32 }, (_, n) => ({ value: { n }, activation_id: `a${n}` })),
    )
  })

  test('is not answered by a line that nobody asked for', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(shellLoop(`echo '{"first":true}' >&3; echo '{"second":true}' >&3`))
    expect(await runtime.run({})).toMatchObject({ json: { first: true } })
    await eventually(() => runtime.stderr().includes('reply without a call: {"second":true}'))
    expect(await runtime.run({})).toMatchObject({ json: { first: true } })
  })

  testWith('perl', 'takes and gives megabytes', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init('#!/usr/bin/env perl\nopen(OUT, ">&=3"); OUT->autoflush; while (<STDIN>) { print OUT $_ }\n')
    const text = '0123456789ü'.repeat(200_000)
    const answer = await runtime.run({ text })
    expect(answer.text === JSON.stringify({ value: { text } })).toBe(true)
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)))
  })
})

describe('a program that ends', () => {
  test('during a call is reported, and nothing is defined any more', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(shellLoop('echo out; echo err >&2; exit 1'))
    expect(await runtime.run({})).toMatchObject({ status: 400, json: { error: 'command exited' } })
    expect(await runtime.run({})).toMatchObject({ status: 500, json: { error: 'no action defined yet' } })
    const { stdout, stderr } = await stopped(runtime)
    expect([stdout.split('\n')[0], stderr.split('\n')[0]]).toEqual(['out', 'err'])
  })

  test('with its answer has answered', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(shellLoop(`echo '{"last":true}' >&3; exit 0`))
    expect(await runtime.run({})).toMatchObject({ status: 200, json: { last: true } })
    expect(await runtime.run({})).toMatchObject({ json: { error: 'command exited' } })
  })

  test('between calls is found dead', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(shellLoop(`echo "{\\"pid\\":$$}" >&3`))
    const { pid } = (await runtime.run({})).json as { pid: number }
    process.kill(pid, 'SIGKILL')
    await eventually(async () => {
      const { status, json } = await runtime.run({})
      expect(JSON.stringify(json)).toMatch(/pid|command exited|no action defined yet/)
      return status === 500
    })
  })

  test('is killed when it closes descriptor 3 during a call', async () => {
    const runtime = await startLoop('actionloop')
    await runtime.init(shellLoop('exec 3>&-; exec sleep 600'))
    expect(await runtime.run({})).toMatchObject({ status: 400, json: { error: 'command exited' } })
  })
})
