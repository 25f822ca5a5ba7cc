import { describe, expect, test } from 'vitest'
import { eventually, SENTINEL, startRuntime } from './runtime-process.ts'

describe('initialization', () => {
  test('a first init answers OK', async () => {
    const runtime = await startRuntime()
    const answer = await runtime.init('function main() {}')
    expect(answer).toMatchObject({ status: 200, text: '{"OK":true}' })
    expect(answer.headers['content-length']).toBe('11')
    expect(answer.headers['content-type']).toBe('application/json')
  })

  test('an init without code is refused and may be tried again', async () => {
    const runtime = await startRuntime()
    const refusal = { status: 403, json: { error: 'Missing main/no code to execute.' } }
    for (const value of [{}, { main: 'main' }, { main: 'main', code: '' }, { main: 'main', code: 1 }, null, 'text']) {
      expect(await runtime.post('/init', { value })).toMatchObject(refusal)
    }
    expect(await runtime.post('/init', '')).toMatchObject(refusal)
    expect(await runtime.init('function main() {}', { main: '' })).toMatchObject(refusal)
    expect(await runtime.init('function main() {}')).toMatchObject({ status: 200 })
  })

  test('a second init is refused, and says so in the log', async () => {
    const runtime = await startRuntime()
    await runtime.init('function main() {}')
    const error = 'Cannot initialize the action more than once.'
    expect(await runtime.init('function main() {}')).toMatchObject({ status: 403, json: { error } })
    await eventually(() => runtime.stderr().includes(error))
  })

  test('after a failed init nothing can be initialized or run', async () => {
    const runtime = await startRuntime()
    expect(await runtime.init('throw new Error("broken")')).toMatchObject({ status: 502 })
    const stopped = { status: 403, json: { error: 'System not ready, status is stopped.' } }
    expect(await runtime.init('function main() {}')).toMatchObject(stopped)
    expect(await runtime.run({})).toMatchObject({ status: 403, json: { error: 'System not initialized.' } })
  })
})

describe('calls', () => {
  test('a run before init is refused and leaves no trace, so it can warm the process up', async () => {
    const runtime = await startRuntime()
    expect(await runtime.run({})).toMatchObject({ status: 403, json: { error: 'System not initialized.' } })
    expect(await runtime.init('function main() { return { ok: 1 } }')).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ json: { ok: 1 } })
    runtime.child.kill('SIGTERM')
    await runtime.exited()
    expect([runtime.stdout(), runtime.stderr()].map(String)).toEqual([SENTINEL, SENTINEL])
  })

  test('a second run during a run is refused', async () => {
    const runtime = await startRuntime()
    await runtime.init(`let release
      function main({ wait }) { return wait ? new Promise((resolve) => { release = resolve; console.log('waiting') }) : {} }
      process.on('SIGUSR2', () => release({ done: true }))`)
    const first = runtime.run({ wait: true })
    const refused = { status: 403, json: { error: 'System not ready, status is running.' } }
    expect(await runtime.run({})).toMatchObject(refused)
    runtime.child.kill('SIGUSR2')
    expect(await first).toMatchObject({ status: 200, json: { done: true } })
    expect(await runtime.run({})).toMatchObject({ status: 200, json: {} })
  })

  test('an argument that is no object or array is refused by its type', async () => {
    const runtime = await startRuntime()
    await runtime.init('function main(a) { return a }')
    for (const [value, type] of [
      ['text', 'string'],
      [1, 'number'],
      [true, 'boolean'],
      [undefined, 'undefined'],
      [null, 'null'],
    ]) {
      const error = `Internal system error: the argument must be a dictionary but has type '${String(type)}'.`
      expect(await runtime.run(value)).toMatchObject({ status: 403, json: { error } })
    }
    expect(await runtime.run([1, 2])).toMatchObject({ status: 200, json: [1, 2] })
  })

  test('malformed JSON, scalar bodies and unknown routes are bad requests', async () => {
    const runtime = await startRuntime()
    const bad = { status: 500, json: { error: 'Bad request.' } }
    expect(await runtime.post('/run', '{"value":')).toMatchObject(bad)
    expect(await runtime.post('/init', '"text"')).toMatchObject(bad)
    expect(await runtime.post('/nowhere', {})).toMatchObject(bad)
    expect(await runtime.post('/ping', '', 'GET')).toMatchObject(bad)
    expect(await runtime.post('/run', '', 'GET')).toMatchObject(bad)
  })

  test('a body of 48 MB is accepted and a longer one answered as a bad request', async () => {
    const runtime = await startRuntime()
    await runtime.init('function main({ text }) { return { length: text.length } }')
    const envelope = JSON.stringify({ value: { text: '' } }).length
    const length = 48 * 1024 * 1024 - envelope
    expect(await runtime.run({ text: 'x'.repeat(length) })).toMatchObject({ status: 200, json: { length } })
    const bad = { status: 500, json: { error: 'Bad request.' } }
    expect(await runtime.run({ text: 'x'.repeat(length + 1) })).toMatchObject(bad)
    expect(await runtime.run({ text: 'x' })).toMatchObject({ status: 200, json: { length: 1 } })
  })
})
