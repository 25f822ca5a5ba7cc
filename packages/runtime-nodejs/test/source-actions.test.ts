import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually, SENTINEL, startRuntime } from './runtime-process.ts'

describe('source text', () => {
  test.each([
    ['a function declaration', 'function main() { return { ok: 1 } } // a comment at the end'],
    ['a constant', 'const main = () => ({ ok: 1 })'],
    ['a member of exports', 'exports.main = () => ({ ok: 1 })'],
    ['a member of module.exports', 'module.exports = { main: async () => ({ ok: 1 }) }'],
    ['strict code', '"use strict"; function main() { return { ok: this === undefined ? 1 : 0 } }'],
    ['an early return', 'exports.main = () => ({ ok: 1 }); return'],
    ['a script with a first line for the shell', '#!/usr/bin/env node\nfunction main() { return { ok: 1 } }'],
    ['text that declares require', 'const require = (name) => ({ ok: name }); const main = () => require(1)'],
    ['text that declares module', 'const module = 1, exports = 2; function main() { return { ok: module } } // end'],
    ['strict text that declares require', '"use strict"; let require; function main() { return { ok: this ? 0 : 1 } }'],
    ['a shell line before a declared require', '#!node\nconst require = 1; const main = () => ({ ok: require })'],
  ])('%s is found as main', async (_, code) => {
    const runtime = await startRuntime()
    expect(await runtime.init(code)).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ status: 200, json: { ok: 1 } })
  })

  test('finds no main module: the runtime is none of its business', async () => {
    const runtime = await startRuntime()
    await runtime.init(`function main() { return { main: typeof require.main, process: typeof process.mainModule } }`)
    expect(await runtime.run({})).toMatchObject({ json: { main: 'undefined', process: 'undefined' } })
  })

  test.each([
    ['niam', 'function niam() { return { ok: 1 } }'],
    ['default', 'exports.default = () => ({ ok: 1 })'],
    ['handlers.first', 'exports.handlers = { first: () => ({ ok: 1 }) }'],
    ['größe', 'function größe() { return { ok: 1 } }'],
    ['o.f', 'const o = { f: () => ({ ok: 1 }) }'],
    ['o.deep.f', 'const o = { deep: { n: 1, f() { return { ok: this.n } } } }'],
    ['module.exports.main', 'module.exports = { n: 1, main() { return { ok: this.n } } }'],
    ['exports.other', 'exports.other = async () => ({ ok: 1 })'],
    ['Handler.handle', 'class Handler { static n = 1; static handle() { return { ok: this.n } } }'],
    ["table['a b']", "const table = { 'a b': () => ({ ok: 1 }) }"],
    ['(args) => give(args.n)', 'const give = (n) => ({ ok: n ?? 1 })'],
    ['make()', 'function make() { return () => ({ ok: 1 }) }'],
    ['kebab-case', "exports['kebab-case'] = () => ({ ok: 1 })"],
  ])('main may be called %s', async (main, code) => {
    const runtime = await startRuntime()
    expect(await runtime.init(code, { main })).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ json: { ok: 1 } })
  })

  test.each([
    ['main', 'function other() {}'],
    ['main', 'const main = 5'],
    ['main); process.exit(3); (0', 'function main() {}'],
    ['main)]; process.exit(3); [(0', 'function main() {}'],
    ['o.f', 'const o = {}'],
    ['o.f.g', 'const o = {}'],
    ['missing.f', 'const o = {}'],
    ['new (', 'function main() {}'],
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

  test.each([
    ['a missing bracket', 'function main() {\n  return {}\n', 3, 'Unexpected end of input'],
    ['an open comment', 'function main() {}\n/* never closed', 2, 'Invalid or unexpected token'],
    ['an open template', 'const a = 1\nconst b = `never closed', 2, 'Unexpected end of input'],
    ['a last line that goes on', 'const main = () => ({})\nconst a =', 2, 'Unexpected end of input'],
    ['a mistake beside a declared require', 'const require = 1\nlet x = ;', 2, "Unexpected token ';'"],
  ])('%s is blamed on a line of the action', async (_, code, line, message) => {
    const runtime = await startRuntime()
    const { json } = await runtime.init(code, { name: 'hello' })
    const { error } = json as { error: string }
    expect(error).toMatch(new RegExp(`due to: .*hello\\.js:${line}\\n`))
    expect(error).toMatch(new RegExp(`SyntaxError: ${message}$`))
    expect(error).not.toContain('catch (error)')
  })

  test('a syntax error that the code itself meets when it runs is its own, and it runs once', async () => {
    const runtime = await startRuntime()
    const { json } = await runtime.init(`console.log('once'); JSON.parse('{')`, { name: 'hello' })
    expect((json as { error: string }).error).toMatch(/SyntaxError: .*JSON[^]*hello\.js:1/)
    await eventually(() => runtime.stdout().includes('once'))
    expect(runtime.stdout().toString().match(/once/g)).toHaveLength(1)
  })

  test('an import of a package that is near, and nothing of it in the log', async () => {
    const runtime = await startRuntime()
    const module = path.join(runtime.folder, 'node_modules', 'greeting')
    mkdirSync(module, { recursive: true })
    writeFileSync(path.join(module, 'package.json'), '{"type":"module","exports":"./index.js"}')
    writeFileSync(path.join(module, 'index.js'), 'export default "hello"')
    await runtime.init(`const fs = import('node:fs'); exports.main = async () => {
      await fs; return { greeting: (await import('greeting')).default, own: typeof (await import('./test.mjs')).x } }`)
    writeFileSync(path.join(runtime.folder, 'test.mjs'), 'export const x = 1')
    expect(await runtime.run({})).toMatchObject({ json: { greeting: 'hello', own: 'number' } })
    await eventually(() => runtime.stderr().includes(SENTINEL))
    expect(runtime.stderr().toString()).toBe(SENTINEL)
  })

  test('gc is there, as in OpenWhisk', async () => {
    const runtime = await startRuntime()
    await runtime.init(`function main() {
      const before = typeof gc; global.gc(); globalThis.gc({ type: 'minor' })
      return { before, same: gc === global.gc, listed: Object.keys(globalThis).includes('gc') } }`)
    expect(await runtime.run({})).toMatchObject({ json: { before: 'function', same: true, listed: false } })
    expect(await runtime.run({})).toMatchObject({ json: { before: 'function', same: true, listed: false } })
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
