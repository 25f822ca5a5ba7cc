import { afterEach, describe, expect, it } from 'vitest'
import { fixedPolicy, type PoolPolicy } from '../../src/invoker/parts/pool-policy.ts'
import { annotation, InvokerBench } from './fakes/invoker-bench.ts'

const policy: PoolPolicy = {
  ...fixedPolicy({ pauseGraceMs: 10_000, idleTimeoutMs: 60_000 }),
  keepAlive: () => ({ suspendAfterMs: 0, destroyAfterMs: 0, prewarm: { afterMs: 60_000, keepMs: 30_000 } }),
}

interface Call {
  readonly value: { readonly env?: Record<string, string> }
}

let bench: InvokerBench
afterEach(() => bench.close())

async function start(initStatus = 200): Promise<{ inits: Call[]; runs: string[] }> {
  const calls = { inits: [] as Call[], runs: [] as string[] }
  bench = new InvokerBench({
    parts: { policy },
    containers: {
      behaviour: {
        init: ({ body }) => {
          calls.inits.push(JSON.parse(body) as Call)
          return { delayMs: 30, status: calls.inits.length === 2 ? initStatus : 200 }
        },
        run: ({ body }) => {
          calls.runs.push(body)
          return { delayMs: 10 }
        },
      },
    },
  })
  await bench.open()
  await bench.define()
  return calls
}

describe('an invoker whose policy has containers made ahead', () => {
  it('initialises them with the code, runs nothing in them, and the next activation starts hot', async () => {
    const { inits, runs } = await start()
    expect(annotation(await bench.run(), 'initTime')).toBe(30)
    await bench.clock.advance(70_000)
    expect(inits).toHaveLength(2)
    expect(runs).toHaveLength(1)
    const record = await bench.run()
    expect(annotation(record, 'acquired')).toEqual({ how: 'hot' })
    expect(annotation(record, 'initTime')).toBeUndefined()
    expect(inits).toHaveLength(2)
  })

  it('gives them the parameters that are environment, and none of the arguments', async () => {
    const { inits } = await start()
    await bench.run({ args: { TOKEN: 'kept', other: 'gone' }, initArgs: ['TOKEN'] })
    await bench.clock.advance(70_000)
    expect(inits[1]!.value.env).toMatchObject({ TOKEN: 'kept', __OW_ACTION_NAME: '/guest/hello' })
    expect(JSON.stringify(inits[1])).not.toContain('gone')
  })

  it('does without one whose initialisation fails, and starts the next activation cold', async () => {
    const { inits } = await start(502)
    await bench.run()
    await bench.clock.advance(70_000)
    expect(inits).toHaveLength(2)
    const record = await bench.run()
    expect(record.response.statusCode).toBe(0)
    expect(annotation(record, 'initTime')).toBe(30)
  })
})
