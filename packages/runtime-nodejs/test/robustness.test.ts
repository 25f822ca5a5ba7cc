import { request } from 'node:http'
import { expect, test } from 'vitest'
import { buildZip } from './build-zip.ts'
import { eventually, SENTINEL, startRuntime } from './runtime-process.ts'

test('an exit during init or run breaks the connection and carries the exit code', async () => {
  const inInit = await startRuntime()
  await expect(inInit.init('process.exit(5)')).rejects.toThrow()
  expect(await inInit.exited()).toBe(5)

  const inRun = await startRuntime()
  await inRun.init('function main() { process.exit(6) }')
  await expect(inRun.run({})).rejects.toThrow()
  expect(await inRun.exited()).toBe(6)
})

test.each([
  ['an uncaught exception', `setImmediate(() => { throw new Error('escaped') })`],
  ['an unhandled rejection', `void Promise.reject(new Error('escaped'))`],
])('%s during the only run is the answer of that run', async (_, escape) => {
  const runtime = await startRuntime()
  await runtime.init(`function main() { ${escape}; return new Promise(() => {}) }`)
  const error = 'An error has occurred: Error: escaped'
  expect(await runtime.run({})).toMatchObject({ status: 502, json: { error } })
  await eventually(() => runtime.stderr().includes('Error: escaped\n    at'))
  const stopped = { status: 403, json: { error: 'System not ready, status is stopped.' } }
  expect(await runtime.run({})).toMatchObject(stopped)
})

test.each([
  ['an uncaught exception', `setTimeout(() => { throw new Error('escaped') }, 20)`],
  ['an unhandled rejection', `setTimeout(() => Promise.reject(new Error('escaped')), 20)`],
])('%s between runs is logged and ends the process', async (_, escape) => {
  const runtime = await startRuntime()
  await runtime.init(`function main() { ${escape}; return {} }`)
  expect(await runtime.run({})).toMatchObject({ status: 200 })
  expect(await runtime.exited()).toBe(1)
  expect(runtime.stderr().toString()).toContain('Error: escaped')
})

test.each([
  ['process.on', 'uncaughtException', `setImmediate(() => { throw new Error('escaped') })`],
  ['process.once', 'uncaughtException', `setImmediate(() => { throw new Error('escaped') })`],
  ['process.prependOnceListener', 'uncaughtException', `setImmediate(() => { throw new Error('escaped') })`],
  ['process.on', 'unhandledRejection', `void Promise.reject(new Error('escaped'))`],
  ['process.once', 'unhandledRejection', `void Promise.reject(new Error('escaped'))`],
  // Node.js makes one of the other where nobody handles rejections.
  ['process.on', 'uncaughtException', `void Promise.reject(new Error('escaped'))`],
])('what the handler of %s(%j) has handled is handled: %s', async (register, event, escape) => {
  const runtime = await startRuntime()
  await runtime.init(`function main() { return new Promise((resolve) => {
    const others = process.listenerCount('${event}')
    ${register}('${event}', (error) => resolve({ handled: error.message, others }))
    ${escape} }) }`)
  const { json, status } = await runtime.run({})
  expect({ json, status }).toEqual({ status: 200, json: { handled: 'escaped', others: 0 } })
  await eventually(() => runtime.stderr().includes(SENTINEL))
  expect(runtime.stderr().toString()).toBe(SENTINEL)
})

test.each([
  ['an uncaught exception', `setImmediate(() => { throw new Error('escaped') })`],
  ['an unhandled rejection', `void Promise.reject(new Error('escaped'))`],
])('what process.setUncaughtExceptionCaptureCallback and domains catch is handled: %s', async (_, escape) => {
  const runtime = await startRuntime()
  await runtime.init(`function main() { return new Promise((resolve) => {
    process.setUncaughtExceptionCaptureCallback((error) => resolve({ handled: error.message }))
    ${escape} }) }`)
  expect(await runtime.run({})).toMatchObject({ status: 200, json: { handled: 'escaped' } })
  const other = await startRuntime()
  await other.init(`const domain = require('domain'); function main() { return new Promise((resolve) => {
    const guarded = domain.create(); guarded.on('error', (error) => resolve({ handled: error.message }))
    guarded.run(() => { ${escape} }) }) }`)
  expect(await other.run({})).toMatchObject({ status: 200, json: { handled: 'escaped' } })
})

test('the monitor of uncaught errors sees them, and handles nothing', async () => {
  const runtime = await startRuntime()
  await runtime.init(`function main() { return new Promise(() => {
    process.on('uncaughtExceptionMonitor', (error, origin) => console.log('seen', error.message, origin))
    void Promise.reject(new Error('escaped')) }) }`)
  expect(await runtime.run({})).toMatchObject({ status: 502 })
  await eventually(() => runtime.stdout().includes('seen escaped unhandledRejection'))
})

test('a handler that is gone handles nothing', async () => {
  const runtime = await startRuntime()
  await runtime.init(`function main({ again }) { return new Promise((resolve) => {
    if (!again) process.once('uncaughtException', () => resolve({ handled: true }))
    setImmediate(() => { throw new Error('escaped') }) }) }`)
  expect(await runtime.run({})).toMatchObject({ status: 200, json: { handled: true } })
  expect(await runtime.run({ again: true })).toMatchObject({ status: 502 })
})

test('removing all handlers takes away the action’s own only', async () => {
  const runtime = await startRuntime()
  await runtime.init(`function main() {
    process.removeAllListeners('uncaughtException'); process.removeAllListeners('unhandledRejection')
    void Promise.reject(new Error('escaped')); return new Promise(() => {}) }`)
  const error = 'An error has occurred: Error: escaped'
  expect(await runtime.run({})).toMatchObject({ status: 502, json: { error } })
})

test('an uncaught exception of one concurrent run fails that run and lets the others finish', async () => {
  const runtime = await startRuntime({ env: { __OW_ALLOW_CONCURRENT: 'true' } })
  await runtime.init(`let count = 0; let allStarted; const all = new Promise((resolve) => { allStarted = resolve })
    async function main({ n }) {
      if (++count === 4) allStarted()
      await all
      if (n === 3) { setImmediate(() => { throw new Error('escaped') }); return new Promise(() => {}) }
      return new Promise((resolve) => setTimeout(resolve, 30, { n })) }`)
  const answers = await Promise.all([1, 2, 3, 4].map((n) => runtime.run({ n })))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 502, 200])
})

test('an exception in a timer during init fails the init', async () => {
  const runtime = await startRuntime()
  const code = buildZip([
    {
      name: 'index.mjs',
      data: `setTimeout(() => { throw new Error('escaped') }, 5); await new Promise(() => {}); export const main = 1`,
    },
    { name: 'package.json', data: '{"main":"index.mjs"}' },
  ]).toString('base64')
  const answer = await runtime.init(code, { binary: true })
  expect(answer).toMatchObject({
    status: 502,
    json: { error: expect.stringContaining('Initialization has failed due to: Error: escaped') },
  })
})

test('an action that destroys the connections of the process only breaks its own call', async () => {
  const runtime = await startRuntime()
  await runtime.init(`function main({ cut }) {
    if (cut) for (const handle of process._getActiveHandles()) if (handle.server && handle.destroy) handle.destroy()
    return { ok: 1 } }`)
  await expect(runtime.run({ cut: true })).rejects.toThrow()
  expect(await runtime.run({})).toMatchObject({ status: 200, json: { ok: 1 } })
})

test('an action that closes the server ends the process', async () => {
  const runtime = await startRuntime({ keepAlive: false })
  await runtime.init(`function main() {
    for (const handle of process._getActiveHandles()) if (handle.listening) handle.close()
    return {} }`)
  await runtime.run({})
  expect(await runtime.exited()).toBe(1)
})

test('a caller that leaves during a run does not harm the next', async () => {
  const runtime = await startRuntime()
  await runtime.init(`function main({ slow }) { if (slow) console.log('started')
    return slow ? new Promise((resolve) => setTimeout(resolve, 50, {})) : { ok: 1 } }`)
  const left = request({ socketPath: runtime.socket, path: '/run', method: 'POST' })
  left.on('error', () => left.destroy())
  left.end(JSON.stringify({ value: { slow: true } }))
  await eventually(() => runtime.stdout().includes('started'))
  left.destroy()
  await eventually(async () => (await runtime.run({})).status === 200)
  expect(await runtime.run({})).toMatchObject({ json: { ok: 1 } })
})

test('actions that replace what the runtime uses cannot keep it from answering', async () => {
  const runtime = await startRuntime()
  await runtime.init(`require('node:fs').writeSync = () => { throw new Error('mine') }
    process.removeAllListeners('uncaughtException'); console.log = () => {}
    function main() { process.stdout.write('hi\\n'); return { ok: 1 } }`)
  expect(await runtime.run({})).toMatchObject({ json: { ok: 1 } })
  await eventually(() => runtime.stdout().includes('hi\n'))
})
