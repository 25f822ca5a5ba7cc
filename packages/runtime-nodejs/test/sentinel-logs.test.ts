import { expect, test } from 'vitest'
import { eventually, type RuntimeProcess, SENTINEL, startRuntime } from './runtime-process.ts'

async function stopped(runtime: RuntimeProcess): Promise<{ stdout: string; stderr: string }> {
  runtime.child.kill('SIGTERM')
  await runtime.exited()
  return { stdout: runtime.stdout().toString(), stderr: runtime.stderr().toString() }
}

test('each run ends with one sentinel on both streams, after all it printed', async () => {
  const runtime = await startRuntime()
  await runtime.init(
    `console.log('loaded'); function main({ n }) { console.log('out', n); console.error('err', n); return {} }`,
  )
  await runtime.run({ n: 1 })
  await runtime.run({ n: 2 })
  expect(await stopped(runtime)).toEqual({
    stdout: `loaded\nout 1\n${SENTINEL}out 2\n${SENTINEL}`,
    stderr: `err 1\n${SENTINEL}err 2\n${SENTINEL}`,
  })
})

test('failed runs and failed inits end with a sentinel too, refusals do not', async () => {
  const runtime = await startRuntime()
  await runtime.init(`function main() { console.log('hi'); throw new Error('no') }`)
  await runtime.run('text')
  await runtime.run({})
  await runtime.run({})
  const failed = await stopped(runtime)
  expect(failed.stdout).toBe(`hi\n${SENTINEL}`)
  expect(failed.stderr).toMatch(/^Error: no\n {4}at main [^]*\nXXX_THE_END_OF_A_WHISK_ACTIVATION_XXX\n$/)

  const broken = await startRuntime()
  await broken.init(`console.log('loading'); missing()`)
  const logs = await stopped(broken)
  expect(logs.stdout).toBe(`loading\n${SENTINEL}`)
  expect(logs.stderr).toMatch(/^ReferenceError: missing is not defined\n[^]*\nXXX_THE_END_OF_A_WHISK_ACTIVATION_XXX\n$/)
})

test('a last line without its end is not swallowed by the sentinel', async () => {
  const runtime = await startRuntime()
  await runtime.init(`function main() { process.stdout.write('half'); return {} }`)
  await runtime.run({})
  expect((await stopped(runtime)).stdout).toBe(`half\n${SENTINEL}`)
})

test('every way of printing arrives in order', async () => {
  const runtime = await startRuntime()
  await runtime.init(`const { pipeline } = require('node:stream/promises'); const { Readable } = require('node:stream')
    async function main() {
      console.log('%s %d', 'a', 1); console.info('b'); console.table([[1]]); console.error('e'); console.warn('w')
      process.stdout.write('c\\n'); process.stdout.write(Buffer.from('d\\n')); process.stdout.write('NjUK', 'base64')
      process.stdout.cork(); process.stdout.write('corked\\n'); process.stdout.uncork()
      await new Promise((resolve) => process.stdout.write('called\\n', resolve))
      await pipeline(Readable.from(['p1\\n', 'p2\\n']), process.stdout)
      Readable.from(['q\\n']).pipe(process.stdout); await new Promise(setImmediate)
      process.stdout.end('still open\\n'); process.stdout.destroy(); console.log('z')
      require('node:child_process').spawnSync('echo', ['child'], { stdio: ['ignore', process.stdout, 'inherit'] })
      let refused = ''; try { process.stdout.write(7) } catch (error) { refused = error.name }
      return { refused, fd: process.stdout.fd, writable: process.stdout.writable }
    }`)
  expect(await runtime.run({})).toMatchObject({ json: { refused: 'TypeError', fd: 1, writable: true } })
  const { stdout, stderr } = await stopped(runtime)
  const lines = stdout.split('\n').filter((line) => !/[│┌├└]/.test(line))
  expect(lines).toEqual([
    'a 1',
    'b',
    'c',
    'd',
    '65',
    'corked',
    'called',
    'p1',
    'p2',
    'q',
    'still open',
    'z',
    'child',
    SENTINEL.trim(),
    '',
  ])
  expect(stderr).toBe(`e\nw\n${SENTINEL}`)
})

test('20 MB of output arrive whole, at bounded memory and before the answer, though the reader is slow', async () => {
  const runtime = await startRuntime()
  await runtime.init(`function main() {
    const line = 'x'.repeat(1023); const before = process.memoryUsage().rss
    for (let i = 0; i < 20 * 1024; i++) console.log(line)
    return { grown: process.memoryUsage().rss - before } }`)
  const stdout = runtime.child.stdout!
  stdout.on('data', () => {
    stdout.pause()
    setImmediate(() => stdout.resume())
  })
  const { grown } = (await runtime.run({})).json as { grown: number }
  expect(grown).toBeLessThan(40 * 1024 * 1024)
  await eventually(() => runtime.stdout().subarray(-SENTINEL.length).toString() === SENTINEL)
  expect(runtime.stdout().length).toBe(20 * 1024 * 1024 + SENTINEL.length)
})

test('nothing printed before process.exit is lost', async () => {
  const runtime = await startRuntime()
  await runtime.init(`function main() {
    for (let i = 0; i < 2048; i++) console.log('x'.repeat(1023))
    process.stdout.write('last'); process.exit(7) }`)
  await expect(runtime.run({})).rejects.toThrow()
  expect(await runtime.exited()).toBe(7)
  const expected = 2048 * 1024 + `last\n${SENTINEL}`.length
  expect(runtime.stdout().length).toBe(expected)
  expect(runtime.stdout().toString().endsWith(`last\n${SENTINEL}`)).toBe(true)
})
