import { describe, expect, test } from 'vitest'
import { eventually, shellLoop, startLoop } from './loop-runtime.ts'
import { testWith } from '../../../test/test-with.ts'

const ENV = `#!/usr/bin/env python3
import json, os
print(json.dumps(dict(os.environ)))
`

describe('the environment of a program', () => {
  testWith('python3', 'has the init parameters whole, and what is not text as JSON', async () => {
    const runtime = await startLoop('skeleton')
    const values = { A: 'x=y=z', B: 'two\nlines\n', C: ' "quoted" $HOME `x` ', D: '', 'with-dash': '1', U: 'ü☃🚀' }
    await runtime.init(ENV, { env: { ...values, N: 0, F: false, O: { a: [1] }, L: null } })
    const { json } = await runtime.run({})
    expect(json).toMatchObject({ ...values, N: '0', F: 'false', O: '{"a":[1]}', L: 'null' })
  })

  testWith(
    'python3',
    'has what the container has, also behind the second =, but not what is for the runtime',
    async () => {
      const runtime = await startLoop('skeleton', {
        __OW_API_HOST: 'https://host?a=b&c=d',
        OW_COMPILER: '/no/compiler',
        OW_EXECUTION_ENV: '',
        STEMCELL_PYTHON: 'python3',
        STEMCELL_LOGS: 'sentinel',
      })
      await runtime.init(ENV)
      const json = (await runtime.run({})).json as Record<string, string>
      expect(json['__OW_API_HOST']).toBe('https://host?a=b&c=d')
      expect(json['PATH']).toContain(process.env['PATH'])
      expect(Object.keys(json).filter((name) => name.startsWith('STEMCELL_') || name.startsWith('OW_'))).toEqual([])
    },
  )

  testWith('python3', 'has the metadata of the call, and not that of the last one', async () => {
    const runtime = await startLoop('skeleton')
    await runtime.init(ENV, { env: { __OW_NAMESPACE: 'init' } })
    const first = await runtime.run({}, { namespace: 'run', api_key: 'secret', deadline: '12', n: 1 })
    expect(first.json).toMatchObject({ __OW_NAMESPACE: 'run', __OW_API_KEY: 'secret', __OW_DEADLINE: '12' })
    expect(first.json).not.toHaveProperty('__OW_N')
    const second = await runtime.run({}, {})
    expect(second.json).toMatchObject({ __OW_NAMESPACE: 'init' })
    expect(second.json).not.toHaveProperty('__OW_API_KEY')
  })

  test('cannot hold a NUL character, and the init says in which parameter', async () => {
    const runtime = await startLoop('actionloop')
    const error = `The parameter 'P' contains a NUL character.`
    const env = { P: 'a\0b' }
    expect(await runtime.init(shellLoop(':'), { env })).toMatchObject({ status: 502, json: { error } })
  })

  test('can be too long, and the init says so', async () => {
    const runtime = await startLoop('actionloop')
    const answer = await runtime.init(shellLoop(':'), { env: { P: 'x'.repeat(3_000_000) } })
    expect(answer).toMatchObject({ status: 502, json: { error: expect.stringContaining('environment are too long') } })
  })
})

test('the program ends with the runtime, whatever it is doing', async () => {
  const runtime = await startLoop('actionloop', {}, ['--lifeline', '0'])
  await runtime.init(shellLoop(`echo "{\\"pid\\":$$}" >&3`, `trap '' TERM HUP INT PIPE`))
  const { pid } = (await runtime.run({})).json as { pid: number }
  runtime.child.stdin!.end()
  expect(await runtime.exited()).toBe(0)
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
