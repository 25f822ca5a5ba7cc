import { describe, expect, test } from 'vitest'
import { ECHO_LOOP, eventually, SENTINEL, shellLoop, startLoop, stopped } from './loop-runtime.ts'

const ACK = { OW_WAIT_FOR_ACK: '1' }

describe('init', () => {
  test('of a script answers OK, and no second one is taken', async () => {
    const runtime = await startLoop('actionloop')
    expect(await runtime.init(ECHO_LOOP)).toMatchObject({ status: 200, text: '{"ok":true}' })
    const error = 'Cannot initialize the action more than once.'
    expect(await runtime.init(ECHO_LOOP)).toMatchObject({ status: 403, json: { error } })
    await eventually(() => runtime.stderr().includes(error))
  })

  test('without code is refused and may be tried again', async () => {
    const runtime = await startLoop('actionloop')
    const refusal = { status: 403, json: { error: 'Missing main/no code to execute.' } }
    for (const value of [{}, { main: 'main' }, { main: 'main', code: '' }, { main: 'main', code: 1 }, null, 'text']) {
      expect(await runtime.post('/init', { value })).toMatchObject(refusal)
    }
    expect(await runtime.init(ECHO_LOOP, { main: '' })).toMatchObject(refusal)
    expect(await runtime.init(ECHO_LOOP)).toMatchObject({ status: 200 })
  })

  test.each([
    ['text that is no script', 'echo hi', /^cannot start action: 'exec' is neither a program nor a script/],
    [
      'an interpreter that does not exist',
      '#!/no/such/interpreter\n',
      /^cannot start action: .*interpreter.*not exist/,
    ],
  ])('of %s says why, marks the end of the log and may be tried again', async (_what, code, reason) => {
    const runtime = await startLoop('actionloop')
    const answer = await runtime.init(code)
    expect(answer).toMatchObject({ status: 502, json: { error: expect.stringMatching(reason) } })
    expect(await runtime.run({})).toMatchObject({ status: 500, json: { error: 'no action defined yet' } })
    expect(await runtime.init(ECHO_LOOP)).toMatchObject({ status: 200 })
    expect(await runtime.run({ a: 1 })).toMatchObject({ status: 200, json: { value: { a: 1 } } })
    const { stdout, stderr } = await stopped(runtime)
    expect(stdout).toBe(SENTINEL + SENTINEL)
    expect(stderr).toMatch(/^cannot start action: [^\n]+\nXXX_THE_END_OF_A_WHISK_ACTIVATION_XXX\n/)
  })

  test('with OW_LOG_INIT_ERROR says why in the log only', async () => {
    const runtime = await startLoop('actionloop', { OW_LOG_INIT_ERROR: '1' })
    const error = 'The action failed to generate or locate a binary. See logs for details.'
    expect(await runtime.init('echo hi')).toMatchObject({ status: 502, json: { error } })
    expect((await stopped(runtime)).stderr).toContain('neither a program nor a script')
  })
})

describe('the acknowledgement', () => {
  test('is waited for, and what was printed before it belongs to the first run', async () => {
    const runtime = await startLoop('actionloop', ACK)
    const before = `echo "ack $__OW_WAIT_FOR_ACK"; printf '%s\\n' '{"ok":true}' >&3`
    expect(await runtime.init(shellLoop(`echo '{"a":1}' >&3`, before))).toMatchObject({ status: 200 })
    expect(await runtime.run({})).toMatchObject({ status: 200, text: '{"a":1}' })
    expect((await stopped(runtime)).stdout).toBe(`ack 1\n${SENTINEL}`)
  })

  test.each([
    ['another line', `echo '{"ok":false}' >&3`, 'The action did not initialize properly.'],
    ['no JSON', `echo hello >&3`, 'The action did not initialize properly.'],
    ['a reason', `echo '{"ok":false,"error":"no licence"}' >&3`, 'no licence'],
    ['the end of the program', `echo dying >&2; exit 3`, 'Command exited abruptly during initialization.'],
    ['the end of descriptor 3', `exec 3>&-`, 'Command exited abruptly during initialization.'],
  ])('that is %s fails the init', async (_what, before, error) => {
    const runtime = await startLoop('actionloop', ACK)
    expect(await runtime.init(shellLoop(':', before))).toMatchObject({ status: 502, json: { error } })
    const { stderr } = await stopped(runtime)
    expect(stderr).toContain(`${error}\n${SENTINEL}`)
    if (before.includes('dying')) expect(stderr).toMatch(/^dying\n/)
  })

  test('that never comes fails the init at its deadline, and kills the program', async () => {
    const runtime = await startLoop('actionloop', ACK)
    const began = Date.now()
    const env = { __OW_DEADLINE: String(began + 200) }
    const answer = await runtime.init(`#!/bin/sh\necho $$\nexec sleep 600\n`, { env })
    expect(answer).toMatchObject({ status: 502, json: { error: 'The action did not initialize in time.' } })
    expect(Date.now() - began).toBeGreaterThanOrEqual(200)
    const pid = Number(/\d+/.exec(runtime.stdout().toString())?.[0])
    expect(pid).toBeGreaterThan(1)
    await eventually(() => {
      try {
        process.kill(pid, 0)
        return false
      } catch {
        // There is no such process any more.
        return true
      }
    })
  })

  test('is not waited for unless it is asked for: the first run shows what became of the program', async () => {
    const runtime = await startLoop('actionloop')
    expect(await runtime.init('#!/bin/sh\nexit 3\n')).toMatchObject({ status: 200 })
    const answer = await runtime.run({})
    expect(answer.json).toEqual({ error: 'command exited' })
    expect([400, 500]).toContain(answer.status)
  })
})
