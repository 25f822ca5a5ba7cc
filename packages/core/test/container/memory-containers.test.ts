import { describe, expect, it } from 'vitest'
import {
  adapterContext,
  memoryContainers,
  VirtualClock,
  type Clock,
  type Container,
  type ContainerSpec,
} from '@stemcell/core'

const OPTIONS = { timeoutMs: 5_000, maxReplyBytes: 100_000, truncateAtBytes: 100 }

async function start(
  code: string,
  extra: Partial<ContainerSpec> = {},
  clock?: Clock,
  main = 'main',
): Promise<Container> {
  const factory = memoryContainers().build(adapterContext(clock && { clock }))
  await factory.open()
  const container = await factory.create({
    owner: { platform: 'p', invoker: '0' },
    kind: 'nodejs:20',
    image: 'any',
    userImage: false,
    memoryMb: 256,
    maxConcurrent: 1,
    environment: { FROM_SPEC: 'yes' },
    labels: {},
    ...extra,
  })
  const env = { __OW_ACTIVATION_ID: 'a1', COUNT: 7 }
  await container.init(JSON.stringify({ value: { name: 'a', main, binary: false, code, env } }), OPTIONS)
  return container
}

async function run(container: Container, value: object = {}, id = 'a1'): Promise<{ status: number; json: unknown }> {
  const body = JSON.stringify({ value, activation_id: id, namespace: 'guest' })
  const reply = await container.run(body, OPTIONS)
  return { status: reply.status, json: JSON.parse(reply.body) as unknown }
}

describe('memoryContainers', () => {
  it.each([
    ['function main(a) { return { sum: a.x + 1 } }', 200, { sum: 2 }],
    ['const main = async () => [1, 2]', 200, [1, 2]],
    ['exports.main = () => undefined', 200, {}],
    ['function main() { return null }', 200, null],
    ['function main() { return "text" }', 502, { error: 'The action did not return a dictionary.' }],
    ['function main() { throw new Error("no") }', 502, { error: 'An error has occurred: Error: no' }],
    ['function main() { return Promise.reject({ code: 1 }) }', 200, { error: { code: 1 } }],
    ['function main() { return Promise.reject() }', 200, { error: {} }],
    ['function main() { const a = {}; a.a = a; return a }', 502, { error: expect.stringContaining('not JSON') }],
    [
      'function main() { return new Promise(() => setTimeout(() => { throw new Error("late") }, 1)) }',
      502,
      { error: 'An error has occurred: Error: late' },
    ],
  ])('answers as a Node.js runtime does: %s', async (code, status, json) => {
    expect(await run(await start(code), { x: 1 })).toEqual({ status, json })
  })

  it.each([
    ['o.f', 'const o = { n: 1, f() { return { ok: this.n } } }'],
    ['module.exports.main', 'module.exports = { main: () => ({ ok: 1 }) }'],
    ['Handler.handle', 'class Handler { static handle() { return { ok: 1 } } }'],
    ['make()', 'const make = () => () => ({ ok: 1 })'],
    ['kebab-case', "exports['kebab-case'] = () => ({ ok: 1 })"],
    ['main', 'const require = 1, process = require; function main() { return { ok: process } }'],
  ])('finds the entrypoint %s', async (main, code) => {
    const container = await start(code, {}, undefined, main)
    expect(await run(container)).toEqual({ status: 200, json: { ok: 1 } })
  })

  it('blames a syntax error on a line of the source', async () => {
    const container = await start('const require = 1')
    const value = { name: 'a', main: 'main', binary: false, code: 'function main() {\n  return {' }
    const { body } = await container.init(JSON.stringify({ value }), OPTIONS)
    expect((JSON.parse(body) as { error: string }).error).toMatch(
      /action\.js:2\n[^]*SyntaxError: Unexpected end of input/,
    )
  })

  it.each([
    ['() => 7', /^The action did not return a dictionary: it returned 7\.$/],
    ['() => null', /it returned null\.$/],
    ['async () => { throw new Error("no") }', /^Error: no$/],
    ['() => { throw new Error("no") }', /^Error: no$/],
    ['() => Promise.reject("plain")', /^plain$/],
    ['() => ({ n: 1n })', /not JSON/],
  ])('says in the log what went wrong: %s', async (main, text) => {
    const container = await start(`const main = ${main}`)
    const log = container.openLog('a1', { limitBytes: 10_000 })
    await run(container)
    const { lines } = await log.collect({ waitMs: 1_000 })
    expect(lines[0]).toMatchObject({ stream: 'stderr', text: expect.stringMatching(text) })
  })

  it('refuses what cannot be initialised, and runs before that', async () => {
    const container = await start('syntax error here')
    expect(await run(container)).toEqual({ status: 403, json: { error: 'System not initialized.' } })
    const archive = { value: { name: 'a', main: 'main', binary: true, code: 'UEsDBA==' } }
    const { status, body } = await container.init(JSON.stringify(archive), OPTIONS)
    expect([status, body]).toEqual([502, expect.stringContaining('not archives')])
  })

  it('shows the environment of container, initialisation and run', async () => {
    const code = 'function main() { return { ...process.env } }'
    expect((await run(await start(code))).json).toEqual({
      FROM_SPEC: 'yes',
      COUNT: '7',
      __OW_ACTIVATION_ID: 'a1',
      __OW_NAMESPACE: 'guest',
    })
  })

  it('keeps the metadata of overlapping runs apart', async () => {
    const code = `const wait = () => new Promise((resolve) => setTimeout(resolve, 5))
      async function main() { await wait(); console.log(process.env.__OW_ACTIVATION_ID); return { id: process.env.__OW_ACTIVATION_ID } }`
    const container = await start(code, { maxConcurrent: 3 })
    const ids = ['x', 'y', 'z']
    const logs = ids.map((id) => container.openLog(id, { limitBytes: 100 }))
    expect((await Promise.all(ids.map((id) => run(container, {}, id)))).map(({ json }) => json)).toEqual(
      ids.map((id) => ({ id })),
    )
    for (const [index, log] of logs.entries()) {
      expect((await log.collect({ waitMs: 1_000 })).lines.map(({ text }) => text)).toEqual([ids[index]])
    }
  })

  it('runs timers on the injected clock and holds them while suspended', async () => {
    const clock = new VirtualClock()
    const code = 'let n = 0; setInterval(() => n++, 10); function main() { return { n } }'
    const container = await start(code, {}, clock)
    await clock.advance(100)
    expect((await run(container)).json).toEqual({ n: 10 })
    await container.suspend()
    await clock.advance(1_000)
    await container.resume()
    expect((await run(container)).json).toEqual({ n: 11 })
  })

  it('takes unfinished lines and what is written to the streams', async () => {
    const container = await start(
      'function main() { process.stdout.write("a\\nb"); console.error("%d!", 5); return {} }',
    )
    const log = container.openLog('a1', { limitBytes: 100 })
    await run(container)
    const { lines, complete } = await log.collect({ waitMs: 1_000 })
    expect(lines.map(({ stream, text }) => `${stream} ${text}`)).toEqual(['stdout a', 'stderr 5!', 'stdout b'])
    expect(complete).toBe(true)
  })
})
