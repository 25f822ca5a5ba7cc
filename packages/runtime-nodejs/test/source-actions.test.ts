import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually, startRuntime } from './runtime-process.ts'

describe('source text', () => {
  test.each([
    ['a function declaration', 'function main() { return { ok: 1 } } // a comment at the end'],
    ['a constant', 'const main = () => ({ ok: 1 })'],
    ['a member of exports', 'exports.main = () => ({ ok: 1 })'],
    ['a member of module.exports', 'module.exports = { main: async () => ({ ok: 1 }) }'],
    ['strict code', '"use strict"; function main() { return { ok: this === undefined ? 1 : 0 } }'],
    ['an early return', 'exports.main = () => ({ ok: 1 }); return'],
  ])('%s is found as main', async (_, code) => {
    const runtime = await startRuntime()
    expect(await runtime.init(code)).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ status: 200, json: { ok: 1 } })
  })

  test.each([
    ['niam', 'function niam() { return { ok: 1 } }'],
    ['default', 'exports.default = () => ({ ok: 1 })'],
    ['handlers.first', 'exports.handlers = { first: () => ({ ok: 1 }) }'],
    ['größe', 'function größe() { return { ok: 1 } }'],
  ])('main may be called %s', async (main, code) => {
    const runtime = await startRuntime()
    expect(await runtime.init(code, { main })).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ json: { ok: 1 } })
  })

  test.each([
    ['main', 'function other() {}'],
    ['main', 'const main = 5'],
    ['main); process.exit(3); (0', 'function main() {}'],
  ])('an entrypoint %s that is no function fails the init', async (main, code) => {
    const runtime = await startRuntime()
    expect(await runtime.init(code, { main })).toMatchObject({
      status: 502,
      json: { error: `Initialization has failed due to: Action entrypoint '${main}' is not a function.` },
    })
  })

  test('a syntax error shows the line of the action', async () => {
    const runtime = await startRuntime()
    const { status, json } = await runtime.init('// one\nfunction main() {\n  return {{ oops\n}\n', { name: 'hello' })
    expect(status).toBe(502)
    const { error } = json as { error: string }
    expect(error).toMatch(/^Initialization has failed due to: .*hello\.js:3\n {2}return \{\{ oops\n/)
    expect(error).toContain('SyntaxError')
    await eventually(() => runtime.stderr().includes('SyntaxError'))
  })

  test('an error at load time shows the stack of the action', async () => {
    const runtime = await startRuntime()
    const { json } = await runtime.init('\n\nmissing()\nfunction main() {}', { name: 'hello' })
    expect((json as { error: string }).error).toMatch(/due to: ReferenceError: missing is not defined\n.*hello\.js:3:1/)
  })

  test('require finds built-in modules and modules near the working directory', async () => {
    const runtime = await startRuntime()
    const module = path.join(runtime.folder, 'node_modules', 'greeting')
    mkdirSync(module, { recursive: true })
    writeFileSync(path.join(module, 'index.js'), 'module.exports = "hello"')
    await runtime.init(`const path = require('node:path'); const greeting = require('greeting')
      exports.main = async () => ({ joined: path.join('a', 'b'), greeting, sep: (await import('node:path')).sep })`)
    expect(await runtime.run({})).toMatchObject({ json: { joined: 'a/b', greeting: 'hello', sep: '/' } })
  })

  test('state of the module stays from one run to the next', async () => {
    const runtime = await startRuntime()
    await runtime.init('let count = 0; function main() { return { count: ++count } }')
    await runtime.run({})
    expect(await runtime.run({})).toMatchObject({ json: { count: 2 } })
  })
})
