import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { buildZip } from '../../runtime-nodejs/test/build-zip.ts'
import { readFrames, textOf, TOKEN } from '../../runtime-nodejs/test/read-frames.ts'
import { eventually, SENTINEL, startLoop, stopped, temporaryFolder } from './loop-runtime.ts'
import { testWith } from '../../../test/test-with.ts'

test('the argument comes as text and on standard input, the last line is the result, the others are the log', async () => {
  const runtime = await startLoop('skeleton')
  const code = `#!/bin/sh
echo "argument $1"
echo
echo "input $(cat)" >&2
echo "{\\"got\\":$1}"
`
  expect(await runtime.init(code)).toMatchObject({ status: 200, text: '{"ok":true}' })
  const value = { text: 'Wörld ☃ 🚀', n: [1, null] }
  expect((await runtime.run(value)).json).toEqual({ got: value })
  expect((await runtime.run({})).json).toEqual({ got: {} })
  const text = JSON.stringify(value)
  expect(await stopped(runtime)).toEqual({
    stdout: `argument ${text}\n\n${SENTINEL}argument {}\n\n${SENTINEL}`,
    stderr: `input ${text}\n${SENTINEL}input {}\n${SENTINEL}`,
  })
})

test.each([
  ['a result with blank lines behind it', `echo log; printf '[1,2]\\n\\n  \\n'`, 200, [1, 2], 'log\n'],
  ['a result without a line end', `printf 'log\\n{"a":1}'`, 200, { a: 1 }, 'log\n'],
  ['a result beside a failing exit code', `echo '{"a":1}'; exit 3`, 200, { a: 1 }, ''],
  ['no result', 'echo hi; echo there', 502, undefined, 'hi\nthere\n'],
  ['a number', 'echo 7', 502, undefined, '7\n'],
  ['nothing', 'exit 0', 502, undefined, ''],
])('%s', async (_what, body, status, json, log) => {
  const runtime = await startLoop('skeleton')
  await runtime.init(`#!/bin/sh\n${body}\n`)
  const error = { error: 'The action did not return a dictionary.' }
  expect(await runtime.run({})).toMatchObject({ status, json: json ?? error })
  expect(await runtime.run({})).toMatchObject({ status, json: json ?? error })
  expect((await stopped(runtime)).stdout).toBe(`${log}${SENTINEL}`.repeat(2))
})

test('an argument too long for a command line comes on standard input, which can be opened by its name', async () => {
  const runtime = await startLoop('skeleton')
  await runtime.init('#!/bin/sh\necho "{\\"arguments\\":$#,\\"bytes\\":$(wc -c < /dev/stdin)}"\n')
  for (const length of [10, 131_060, 131_070, 2_000_000]) {
    const value = { t: 'x'.repeat(length) }
    const bytes = Buffer.byteLength(JSON.stringify(value))
    expect((await runtime.run(value)).json).toEqual({ arguments: bytes < 131_071 ? 1 : 0, bytes })
  }
})

test('numbers are as they were sent, and as the action answered', async () => {
  const runtime = await startLoop('skeleton')
  await runtime.init('#!/bin/sh\necho "$1"\ncat\necho\n')
  const value = '{"long":9007199254740993,"real":2.0,"list":[1E400,-0,1.10,{}],"text":"\\" ☃"}'
  const spaced = value.replaceAll(/[[\]{},:]/g, ' $&\n ')
  for (const body of [
    `{"value":${value},"activation_id":"a","deadline":"1"}`,
    `{ "activation_id" : "a", "more": {"value":1}, "value" : ${spaced} }`,
  ]) {
    expect(await runtime.post('/run', body)).toMatchObject({ status: 200, text: value })
  }
  for (const body of ['{}', '{"value":null}', '{"value":{}}']) {
    expect(await runtime.post('/run', body)).toMatchObject({ status: 200, text: '{}' })
  }
})

test('a megabyte of result', async () => {
  const runtime = await startLoop('skeleton')
  await runtime.init('#!/bin/sh\ncat\necho\n')
  const value = { text: 'ü'.repeat(600_000) }
  expect((await runtime.run(value)).text === JSON.stringify(value)).toBe(true)
})

testWith('gcc', 'a compiled program, alone and in an archive', async () => {
  const folder = temporaryFolder()
  const source = '#include <stdio.h>\nint main(int c, char **v) { printf("{\\"got\\":%s}\\n", v[1]); return 0; }\n'
  writeFileSync(path.join(folder, 'main.c'), source)
  execFileSync('gcc', ['-o', 'out', 'main.c'], { cwd: folder })
  const program = readFileSync(path.join(folder, 'out'))
  for (const code of [program, buildZip([{ name: 'exec', data: program, mode: 0o100755 }])]) {
    const runtime = await startLoop('skeleton')
    expect(await runtime.init(code.toString('base64'), { binary: true })).toMatchObject({ status: 200 })
    expect(await runtime.run({ a: 'ü' })).toMatchObject({ status: 200, json: { got: { a: 'ü' } } })
  }
})

test('lines carry their activation, and a run without any says so', async () => {
  const runtime = await startLoop('skeleton', {
    STEMCELL_LOGS: 'attributed',
    STEMCELL_LOG_TOKEN: TOKEN,
    STEMCELL_LOG_END: 'printed',
  })
  await runtime.init('#!/bin/sh\n[ "$1" = "{}" ] || echo "$1"\necho "{}"\n')
  await Promise.all(['a', 'b'].map((id) => runtime.run({ id }, { activation_id: id })))
  expect((await runtime.run({}, { activation_id: 'c' })).headers['x-stemcell-log']).toBe('none')
  const { lines, ends } = readFrames(Buffer.from((await stopped(runtime)).stdout))
  expect(ends).toEqual(['a', 'b'])
  expect(textOf({ lines, ends, unframed: '' }, 'b')).toEqual(['{"id":"b"}'])
})

test('what a run leaves in the background does not hold up its answer nor write into the next', async () => {
  const runtime = await startLoop('skeleton')
  const [go, done] = ['go', 'done'].map((name) => path.join(runtime.folder, name)) as [string, string]
  await runtime.init(`#!/bin/sh
if [ ! -e ${go} ]; then
  (trap '' PIPE; until [ -e ${go} ]; do sleep 0.01; done; echo late; echo late >&2; touch ${done}) &
fi
echo '{"answered":true}'
`)
  expect(await runtime.run({})).toMatchObject({ json: { answered: true } })
  writeFileSync(go, '')
  await eventually(async () => {
    expect(await runtime.run({})).toMatchObject({ json: { answered: true } })
    return existsSync(done)
  })
  const { stdout, stderr } = await stopped(runtime)
  expect(stdout + stderr).not.toContain('late')
})
