import { describe, expect, test } from 'vitest'
import { startRuntime } from './runtime-process.ts'

const OW = `Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('__OW_')))`

describe('environment', () => {
  test('init values are set before the action loads, whatever their type', async () => {
    const runtime = await startRuntime()
    const env = { TEXT: 'a', ZERO: 0, NO: false, NULL: null, EMPTY: '', LIST: [1, 'b'], OBJECT: { c: 1 }, 'A=B': 'x' }
    const code = `const { TEXT, ZERO, NO, NULL, EMPTY, LIST, OBJECT } = process.env
      function main() { return { TEXT, ZERO, NO, NULL, EMPTY, LIST, OBJECT } }`
    await runtime.init(code, { env })
    expect(await runtime.run({})).toMatchObject({
      json: { TEXT: 'a', ZERO: '0', NO: 'false', NULL: 'null', EMPTY: '', LIST: '[1,"b"]', OBJECT: '{"c":1}' },
    })
  })

  test('text members of a run are exported in upper case, other members are not', async () => {
    const runtime = await startRuntime()
    await runtime.init(`function main() { return ${OW} }`)
    const metadata = {
      namespace: 'bob',
      action_name: '/bob/a',
      activation_id: 'a1',
      api_key: 'k',
      deadline: '5',
      odd: 7,
    }
    expect((await runtime.run({ value: 'x' }, metadata)).json).toEqual({
      __OW_NAMESPACE: 'bob',
      __OW_ACTION_NAME: '/bob/a',
      __OW_ACTIVATION_ID: 'a1',
      __OW_API_KEY: 'k',
      __OW_DEADLINE: '5',
    })
  })

  test('an API key of one run is gone in the next', async () => {
    const runtime = await startRuntime({ env: { __OW_API_HOST: 'http://host' } })
    await runtime.init(`function main() { return ${OW} }`, { env: { __OW_NAMESPACE: 'init' } })
    await runtime.run({}, { api_key: 'secret', namespace: 'alice', api_host: 'other' })
    const answer = await runtime.run({})
    expect(answer.json).toEqual({ __OW_API_HOST: 'http://host', __OW_NAMESPACE: 'init' })
  })

  test('the settings of the runtime itself are not visible to actions', async () => {
    const runtime = await startRuntime({
      env: {
        STEMCELL_LOGS: 'attributed',
        STEMCELL_LOG_TOKEN: 'a-secret-of-16-characters',
        STEMCELL_SOCKET: '/elsewhere',
      },
    })
    await runtime.init(
      `function main() { return { names: Object.keys(process.env).filter((n) => n.startsWith('STEM')) } }`,
    )
    expect(await runtime.run({})).toMatchObject({ json: { names: [] } })
  })

  test('overlapping runs each see their own values', async () => {
    const runtime = await startRuntime({ env: { __OW_ALLOW_CONCURRENT: 'true' } })
    await runtime.init(`
      const { execFileSync } = require('node:child_process')
      async function main({ child }) {
        const before = process.env.__OW_ACTIVATION_ID
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
        process.env.__OW_OWN = before
        await new Promise((resolve) => setImmediate(resolve))
        const seen = { before, after: process.env.__OW_ACTIVATION_ID, own: process.env.__OW_OWN, has: '__OW_API_KEY' in process.env }
        delete process.env.__OW_OWN
        if (child) seen.child = execFileSync('printenv', ['__OW_ACTIVATION_ID']).toString().trim()
        return { ...seen, gone: process.env.__OW_OWN === undefined, copy: { ...process.env }.__OW_ACTIVATION_ID, home: !!process.env.HOME }
      }`)
    const ids = Array.from({ length: 50 }, (_, i) => `id${i}`)
    const answers = await Promise.all(
      ids.map((id, i) => runtime.run({ child: i === 7 }, { activation_id: id, ...(i % 2 && { api_key: 'k' }) })),
    )
    answers.forEach(({ json }, i) => {
      const id = ids[i]
      const seen = { before: id, after: id, own: id, has: i % 2 === 1, gone: true, copy: id, home: true }
      expect(json).toEqual(i === 7 ? { ...seen, child: id } : seen)
    })
  })

  test('concurrency can be allowed by the init of a process that was started before its action was known', async () => {
    const runtime = await startRuntime()
    await runtime.init(
      `const waiting = []
       function main() { return new Promise((resolve) => {
         waiting.push(resolve); if (waiting.length === 2) for (const go of waiting) go({ together: true }) }) }`,
      { env: { __OW_ALLOW_CONCURRENT: 'true' } },
    )
    const answers = await Promise.all([runtime.run({}), runtime.run({})])
    expect(answers.map(({ json }) => json)).toEqual([{ together: true }, { together: true }])
  })
})
