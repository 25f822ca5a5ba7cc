import { describe, expect, test } from 'vitest'
import { eventually, SENTINEL, startRuntime } from './runtime-process.ts'

const PICK = (cases: string): string => `const cases = { ${cases} }; function main({ pick }) { return cases[pick]() }`

describe('what an action returns', () => {
  test('objects, arrays, null, nothing and promises of them pass with status 200', async () => {
    const runtime = await startRuntime()
    await runtime.init(
      PICK(`object: () => ({ a: 1 }), array: () => [1], null: () => null, nothing: () => undefined,
        promise: () => Promise.resolve({ b: 2 }), promised: async () => undefined,
        thenable: () => ({ then: (resolve) => setImmediate(resolve, { c: 3 }) })`),
    )
    for (const [pick, text] of [
      ['object', '{"a":1}'],
      ['array', '[1]'],
      ['null', 'null'],
      ['nothing', '{}'],
      ['promise', '{"b":2}'],
      ['promised', '{}'],
      ['thenable', '{"c":3}'],
    ]) {
      expect(await runtime.run({ pick })).toMatchObject({ status: 200, text })
    }
  })

  test('a result that is no object is an error and the action stays usable', async () => {
    const runtime = await startRuntime()
    await runtime.init(
      PICK(`text: () => 'hi', number: async () => 7, bool: () => true, fn: () => () => {},
        empty: () => ({ toJSON: () => undefined }), fine: () => ({})`),
    )
    const error = 'The action did not return a dictionary.'
    for (const pick of ['text', 'number', 'bool', 'fn', 'empty']) {
      expect(await runtime.run({ pick })).toMatchObject({ status: 502, json: { error } })
    }
    expect(await runtime.run({ pick: 'fine' })).toMatchObject({ status: 200 })
  })

  test('a result that JSON cannot hold is an error that says why', async () => {
    const runtime = await startRuntime()
    await runtime.init(
      PICK(`big: () => ({ n: 1n }), circle: () => { const o = {}; o.o = o; return o }, fine: () => ({}),
        hostile: () => ({ toJSON() { throw new Error('no') } })`),
    )
    for (const [pick, reason] of [
      ['big', 'BigInt'],
      ['circle', 'circular'],
      ['hostile', 'Error: no'],
    ]) {
      const answer = await runtime.run({ pick })
      expect(answer).toMatchObject({
        status: 502,
        json: { error: expect.stringContaining('The action returned a result that is not JSON') },
      })
      expect(answer.text).toContain(reason)
    }
    expect(await runtime.run({ pick: 'fine' })).toMatchObject({ status: 200 })
  })

  test.each([
    ['text', `() => 'hi'`, `it returned 'hi' (type string)`],
    ['number', 'async () => 7', 'it returned 7 (type number)'],
    ['function', '() => function f() {}', 'it returned [Function: f] (type function)'],
    ['null', '() => null', 'it returned null.'],
    ['big', '() => ({ n: 1n })', 'The action returned a result that is not JSON: TypeError: '],
  ])('the log says what was returned where it was no dictionary: %s', async (_, result, text) => {
    const runtime = await startRuntime()
    await runtime.init(`const main = ${result}`)
    await runtime.run({})
    await eventually(() => runtime.stderr().includes(SENTINEL))
    expect(runtime.stderr().toString()).toContain(text)
  })

  test.each([
    ['a throw', `() => { throw new Error('no') }`, /^Error: no\n {4}at main [^]*\n$/],
    [
      'a throw in a deeper call',
      `() => { const f = () => { throw new TypeError('no') }; f() }`,
      /^TypeError: no\n {4}at f /,
    ],
    [
      'a throw of an error with a cause',
      `() => { throw new Error('no', { cause: new Error('why') }) }`,
      /cause.*: why\n/,
    ],
    ['a throw of text', `() => { throw 'plain' }`, /^plain\n/],
    ['a throw of an object', `() => { throw { a: 1 } }`, /^\{ a: 1 \}\n/],
    ['a throw in an async function', `async () => { throw new Error('no') }`, /^Error: no\n {4}at main /],
    ['a rejection', `() => Promise.reject(new RangeError('no'))`, /^RangeError: no\n {4}at main /],
    ['a rejection with text', `() => Promise.reject('plain')`, /^plain\n/],
    ['a rejection with an answer', `() => Promise.reject({ statusCode: 404 })`, /^$/],
    ['a rejection without a reason', `() => Promise.reject()`, /^$/],
  ])('%s is in the log', async (_, code, log) => {
    const runtime = await startRuntime()
    await runtime.init(`const main = ${code}`)
    await runtime.run({})
    await eventually(() => runtime.stderr().includes(SENTINEL))
    expect(runtime.stderr().toString().replace(SENTINEL, '')).toMatch(log)
  })

  test('unicode survives in source, argument and result', async () => {
    const runtime = await startRuntime()
    await runtime.init(`function main({ text }) { return { text: text + ' ☃ 🚀 ü', ключ: '値' } }`)
    const answer = await runtime.run({ text: '☃ 日本 🧬' })
    expect(answer.json).toEqual({ text: '☃ 日本 🧬 ☃ 🚀 ü', ключ: '値' })
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)))
  })

  test('megabytes go in and out with their length stated', async () => {
    const runtime = await startRuntime()
    await runtime.init('function main({ text }) { return { text, more: text } }')
    const text = '0123456789ü'.repeat(200_000)
    const answer = await runtime.run({ text })
    expect(answer.json).toEqual({ text, more: text })
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)))
  })
})

describe('how an action fails', () => {
  test('a synchronous throw is an error of the action, which then takes no more calls', async () => {
    const runtime = await startRuntime()
    await runtime.init('function main() { throw new TypeError("nope") }')
    const error = 'An error has occurred: TypeError: nope'
    expect(await runtime.run({})).toMatchObject({ status: 502, json: { error } })
    const stopped = { status: 403, json: { error: 'System not ready, status is stopped.' } }
    expect(await runtime.run({})).toMatchObject(stopped)
  })

  test('something thrown that has no text form is still answered', async () => {
    const runtime = await startRuntime()
    await runtime.init('function main() { throw Object.create(null) }')
    const error = 'An error has occurred: [object Object]'
    expect(await runtime.run({})).toMatchObject({ status: 502, json: { error } })
  })

  test('a rejection is an application error with the reason as data', async () => {
    const runtime = await startRuntime()
    await runtime.init(
      PICK(`object: () => Promise.reject({ code: 7, nested: { list: [1] } }), text: () => Promise.reject('why'),
        nothing: () => Promise.reject(), zero: () => Promise.reject(0), big: () => Promise.reject({ n: 5n }),
        fn: () => Promise.reject(function named() {}), circle: () => { const o = { a: 1 }; o.o = o; return Promise.reject(o) },
        date: () => Promise.reject({ at: new Date(0) })`),
    )
    for (const [pick, error] of [
      ['object', { code: 7, nested: { list: [1] } }],
      ['text', 'why'],
      ['nothing', {}],
      ['zero', {}],
      ['big', { n: '5' }],
      ['fn', '[Function: named]'],
      ['circle', { a: 1, o: '[Circular]' }],
      ['date', { at: '1970-01-01T00:00:00.000Z' }],
    ]) {
      expect(await runtime.run({ pick })).toMatchObject({ status: 200, json: { error } })
    }
  })

  test('an error from an async function keeps its name, message, stack and members', async () => {
    const runtime = await startRuntime()
    await runtime.init(`async function main() {
      throw Object.assign(new RangeError('late', { cause: new Error('root') }), { code: 'E_LATE', status: 418 })
    }`)
    const answer = await runtime.run({})
    expect(answer).toMatchObject({
      status: 200,
      json: { error: { name: 'RangeError', message: 'late', code: 'E_LATE', status: 418, cause: { message: 'root' } } },
    })
    expect(answer.text).toContain('test.js:2')
    expect(await runtime.run({})).toMatchObject({ status: 200 })
  })
})
