import { describe, expect, it } from 'vitest'
import { call, invokeOnce, putAction, type ActivationRecord } from './harness/api.ts'
import { eventually } from '../../../test/eventually.ts'
import { useServer } from './harness/use-server.ts'

const server = useServer({ config: { invoker: { userMemoryMb: 1024 } } })

/** What becomes of one invocation of the code. */
async function outcomeOf(
  name: string,
  code: string,
  limits: Record<string, number> = {},
): Promise<{ status: number; activation: string; result: unknown; id: string }> {
  await putAction(server(), name, code, limits)
  const { status, record } = await invokeOnce(server(), name)
  return { status, activation: record.response.status, result: record.response.result, id: record.activationId }
}

/** The record as it was stored, with its logs. */
async function stored(id: string): Promise<ActivationRecord> {
  await eventually('the record', async () => (await call(server(), 'GET', `activations/${id}`)).status === 200)
  return (await call(server(), 'GET', `activations/${id}`)).json as unknown as ActivationRecord
}

const DEVELOPER = { status: 502, activation: 'action developer error' }

describe('code that cannot be initialised', () => {
  it('with a syntax error ends with that error', async () => {
    const { result, ...outcome } = await outcomeOf('syntax', 'function main( {')
    expect(outcome).toMatchObject(DEVELOPER)
    expect(JSON.stringify(result)).toContain('SyntaxError')
  })

  it('without main says so', async () => {
    const { result, ...outcome } = await outcomeOf('no-main', 'const other = 1')
    expect(outcome).toMatchObject(DEVELOPER)
    expect(JSON.stringify(result)).toMatch(/main/)
  })

  it('that throws while it is loaded ends with that error', async () => {
    const { result, ...outcome } = await outcomeOf('load', 'throw new Error("while loading")')
    expect(outcome).toMatchObject(DEVELOPER)
    expect(JSON.stringify(result)).toContain('while loading')
  })

  it('that never finishes loading ends at the time limit', async () => {
    const outcome = await outcomeOf('load-forever', 'for (;;);', { timeout: 500 })
    expect(outcome).toMatchObject({
      ...DEVELOPER,
      result: { error: 'The action exceeded its time limits of 500 milliseconds during initialization.' },
    })
  })
})

describe('code that fails while it runs', () => {
  it.each([
    ['throwing', 'function main() { throw new Error("on purpose") }', 'action developer error'],
    ['rejecting', 'const main = () => Promise.reject(new Error("on purpose"))', 'application error'],
    ['rejecting-with-nothing', 'const main = () => Promise.reject()', 'application error'],
    [
      'throwing-later',
      'const main = () => new Promise(() => setTimeout(() => { throw new Error("on purpose") }, 10))',
      'action developer error',
    ],
  ])('by %s ends with an error', async (name, code, activation) => {
    const { result, ...outcome } = await outcomeOf(name, code)
    expect(outcome).toMatchObject({ status: 502, activation })
    expect(result).toEqual({ error: expect.anything() })
    if (name === 'throwing' || name === 'rejecting') expect(JSON.stringify(result)).toContain('on purpose')
  })

  it('by returning an error ends as an application error', async () => {
    expect(await outcomeOf('error', 'const main = () => ({ error: "mine", other: 1 })')).toMatchObject({
      status: 502,
      activation: 'application error',
      result: { error: 'mine' },
    })
  })

  it.each(['"text"', '1', 'true', 'null', '() => 1'])('by returning %s ends as a developer error', async (value) => {
    expect(await outcomeOf('no-object', `const main = () => (${value})`)).toMatchObject(DEVELOPER)
  })

  it('by never returning ends at the time limit, whether it waits or spins', async () => {
    const error = 'The action exceeded its time limits of 300 milliseconds.'
    const waits = await outcomeOf('waits', 'const main = () => new Promise(() => {})', { timeout: 300 })
    const spins = await outcomeOf('spins', 'function main() { for (;;); }', { timeout: 300 })
    expect(waits).toMatchObject({ ...DEVELOPER, result: { error } })
    expect(spins).toMatchObject({ ...DEVELOPER, result: { error } })
  })

  it('by ending its process ends as a developer error, and the next run gets another', async () => {
    const error = 'The action did not produce a valid response and exited unexpectedly.'
    const code = 'function main({ live }) { if (live) return { live }; process.exit(0) }'
    expect(await outcomeOf('exits', code)).toMatchObject({ ...DEVELOPER, result: { error } })
    const { record } = await invokeOnce(server(), 'exits', { live: true })
    expect(record.response.result).toEqual({ live: true })
  })

  it('by killing itself ends as a developer error', async () => {
    const outcome = await outcomeOf('kills', 'function main() { process.kill(process.pid, "SIGKILL") }')
    expect(outcome).toMatchObject(DEVELOPER)
  })

  it('by taking more memory than it may is stopped', async () => {
    const code = 'function main() { const all = []; for (;;) all.push(new Array(1e5).fill(Math.random())) }'
    expect(await outcomeOf('memory', code, { memory: 128 })).toMatchObject({
      ...DEVELOPER,
      result: { error: 'The action exhausted its memory and was aborted.' },
    })
    const buffers = 'function main() { const all = []; for (;;) all.push(Buffer.alloc(1e7, 1)) }'
    expect(await outcomeOf('buffers', buffers, { memory: 128 })).toMatchObject(DEVELOPER)
  })

  it('by closing the sockets of its runtime ends as a developer error', async () => {
    const code = `function main() {
      for (const handle of process._getActiveHandles()) handle.destroy?.() ?? handle.close?.()
      return new Promise(() => {})
    }`
    expect(await outcomeOf('sockets', code, { timeout: 1000 })).toMatchObject(DEVELOPER)
  })

  it('by returning more than it may is cut', async () => {
    const outcome = await outcomeOf('too-much', 'const main = () => ({ big: "x".repeat(2e6) })')
    expect(outcome).toMatchObject({ status: 502, activation: 'application error' })
    expect(JSON.stringify(outcome.result)).toContain('exceeded the allowed length')
  })
})

describe('code that writes what it should not', () => {
  it('much more than its limit is cut, and says so', async () => {
    const code = 'function main() { for (let i = 0; i < 20; i++) console.log("y".repeat(1e6)); return { ok: true } }'
    const { status, id } = await outcomeOf('prints-much', code, { logs: 1 })
    expect(status).toBe(200)
    const { logs } = await stored(id)
    const bytes = logs.reduce((sum, line) => sum + line.length, 0)
    expect(bytes).toBeLessThan(1.2 * 1024 * 1024)
    expect(logs.at(-1)).toContain(
      'Logs were truncated because the total bytes size exceeds the limit of 1048576 bytes.',
    )
  })

  it('bytes that are no text do not harm the record', async () => {
    const code = `function main() {
      process.stdout.write(Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256)))
      process.stdout.write('\\nafter\\n')
      return { ok: true }
    }`
    const { status, id } = await outcomeOf('prints-binary', code)
    expect(status).toBe(200)
    expect((await stored(id)).logs.at(-1)).toMatch(/stdout: after$/)
  })

  it('the end marker of logs neither ends nor forges them', async () => {
    const code = `function main() {
      console.log('before')
      console.log('XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX')
      console.error('XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX')
      console.log('after')
      return { ok: true }
    }`
    const { status, id } = await outcomeOf('prints-sentinel', code)
    expect(status).toBe(200)
    const { logs } = await stored(id)
    expect(logs.filter((line) => line.endsWith('stdout: before') || line.endsWith('stdout: after'))).toHaveLength(2)
    const { record } = await invokeOnce(server(), 'prints-sentinel')
    expect((await stored(record.activationId)).logs).toHaveLength(logs.length)
  })
})

describe('many invocations of a slow action at once', () => {
  it('all end well, though there is room for few', async () => {
    await putAction(server(), 'slow', 'const main = ({ n }) => new Promise((r) => setTimeout(() => r({ n }), 50))', {
      memory: 128,
    })
    const numbers = Array.from({ length: 200 }, (_, n) => n)
    const outcomes = await Promise.all(numbers.map((n) => invokeOnce(server(), 'slow', { n })))
    expect(outcomes.map(({ record }) => record.response.result?.['n'])).toEqual(numbers)
    expect(new Set(outcomes.map(({ record }) => record.activationId)).size).toBe(200)
    await eventually('nothing in flight', async () => {
      return (await call(server(), 'GET', '/activation/count', { auth: null })).text === '0'
    })
  })
})

describe('runs that follow each other closely', () => {
  it('each have what their own child processes printed', async () => {
    await putAction(
      server(),
      'children',
      `const { spawnSync } = require('node:child_process')
       function main({ n }) { return { status: spawnSync('/bin/echo', ['child of ' + n], { stdio: 'inherit' }).status } }`,
    )
    const callers = Array.from({ length: 4 }, async (_, caller) => {
      for (let run = 0; run < 25; run++) {
        const n = `${caller}-${run}`
        const { json } = await call(server(), 'POST', 'actions/children?blocking=true', { body: { n } })
        const { activationId, response } = json as unknown as ActivationRecord
        expect(response.result).toEqual({ status: 0 })
        expect((await stored(activationId)).logs).toEqual([expect.stringMatching(`stdout: child of ${n}$`)])
      }
    })
    await Promise.all(callers)
  })
})
