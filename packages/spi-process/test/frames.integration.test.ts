import { describe, expect, it } from 'vitest'
import { isPlatformError, type ErrorCode } from '@stemcell/core'
import { openFactory, options, run, start } from './harness.ts'

/** What the runtime's own connection is, for an action that means harm. */
const MINE = `const mine = () => process._getActiveHandles().filter((one) => one.constructor.name === 'Socket' && one.writable)
  const frame = (call, text, type = 16) => { const body = Buffer.from(text); const head = Buffer.alloc(12)
    head.writeUInt32BE(body.length); head[4] = type; head.writeUInt16BE(200, 6); head.writeUInt32BE(call, 8)
    return Buffer.concat([head, body]) }\n`

function code(expected: ErrorCode, text = ''): (error: unknown) => boolean {
  return (error) => isPlatformError(error, expected) && error.message.includes(text)
}

function body(value: object, id = 'a1'): string {
  return JSON.stringify({ value, activation_id: id })
}

describe('a process container', () => {
  it('is spoken to in frames only: its HTTP stack is never loaded', async () => {
    const container = await start(
      await openFactory(),
      'function main() { return { http: process.moduleLoadList.includes("NativeModule _http_server") } }',
    )
    expect(await run(container)).toEqual({ http: false })
    await container.suspend()
    await container.resume()
    expect(await run(container)).toEqual({ http: false })
  })

  it('has the metadata of each run, however late it is asked for', async () => {
    const container = await start(
      await openFactory(),
      `function main({ ask }) { return ask ? { id: process.env.__OW_ACTIVATION_ID, key: process.env.__OW_API_KEY ?? null } : {} }`,
    )
    const withKey = JSON.stringify({ value: {}, activation_id: 'a1', api_key: 'secret' })
    await container.run(withKey, options())
    expect(await run(container, { ask: true }, 'a2')).toEqual({ id: 'a2', key: null })
    await container.run(withKey, options())
    expect(await run(container, { ask: true }, 'a3')).toEqual({ id: 'a3', key: null })
  })

  it('answers runs that are sent at once one after the other', async () => {
    const container = await start(
      await openFactory(),
      `let inside = 0
       async function main({ n }) { inside++; await new Promise((resolve) => setTimeout(resolve, 5))
         const most = inside; inside--; return { n, most } }`,
    )
    const replies = await Promise.all(Array.from({ length: 10 }, (_, n) => run(container, { n }, `a${n}`)))
    expect(replies).toEqual(Array.from({ length: 10 }, (_, n) => ({ n, most: 1 })))
  })

  it('whose run makes the process unusable says of those behind it that they did not begin', async () => {
    const container = await start(
      await openFactory(),
      `function main({ bad }) { if (bad) setTimeout(() => { throw new Error('escaped') }, 20)
         return new Promise((resolve) => setTimeout(resolve, 60_000, {})) }`,
    )
    const bad = container.run(body({ bad: true }), options())
    const behind = expect(container.run(body({}, 'a2'), options())).rejects.toSatisfy(code('ERR_NOT_REACHED'))
    expect(await bad).toMatchObject({ status: 502 })
    await behind
  })
})

describe('an action that means harm', () => {
  it('and writes garbage to the connection loses its run, which says why', async () => {
    const container = await start(
      await openFactory(),
      `${MINE} function main() { for (const one of mine()) one.write('x'.repeat(100)); return new Promise(() => {}) }`,
    )
    await expect(container.run(body({}), options())).rejects.toSatisfy(code('ERR_CONNECTION_LOST', 'does not know'))
  })

  it('and answers for a run that was not made loses its own', async () => {
    const container = await start(
      await openFactory(),
      `${MINE} function main() { for (const one of mine()) one.write(frame(4_000_000, '{}')); return new Promise(() => {}) }`,
    )
    await expect(container.run(body({}), options())).rejects.toSatisfy(code('ERR_CONNECTION_LOST', 'was not made'))
  })

  it('and announces an answer without end is ended at its time limit', async () => {
    const container = await start(
      await openFactory(),
      `${MINE} function main() { for (const one of mine()) { const head = frame(3, ''); head.writeUInt32BE(0xffffffff)
         one.write(head) } return new Promise(() => {}) }`,
    )
    await expect(container.run(body({}), options({ timeoutMs: 300 }))).rejects.toSatisfy(
      (error) => isPlatformError(error, 'ERR_TIMEOUT') || isPlatformError(error, 'ERR_CONNECTION_LOST'),
    )
  })

  it('and answers before its run has ended is caught when the runtime answers, too', async () => {
    const container = await start(
      await openFactory(),
      `${MINE} let call = 2
       function main({ forge }) { call++; if (forge) for (const one of mine()) one.write(frame(call, '{"forged":true}'))
         return { forged: false } }`,
    )
    const reply = await container.run(body({ forge: true }), options())
    // Its own answer, for its own activation: as good as any other that it could have given.
    expect(JSON.parse(reply.body)).toEqual({ forged: true })
    await expect
      .poll(() => container.run(body({}, 'a2'), options()).then(({ body: text }) => text))
      .toBe('{"forged":false}')
  })

  it('and ends the connection loses its run; the next one opens another', async () => {
    const container = await start(
      await openFactory(),
      `${MINE} function main({ end }) { if (end) { for (const one of mine()) one.destroy(); return {} } return { ok: 1 } }`,
    )
    await expect(container.run(body({ end: true }), options())).rejects.toSatisfy(code('ERR_CONNECTION_LOST'))
    expect(await run(container)).toEqual({ ok: 1 })
  })
})
