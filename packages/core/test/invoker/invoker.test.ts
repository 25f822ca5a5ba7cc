import { afterEach, describe, expect, it } from 'vitest'
import { PlatformError } from '../../src/errors.ts'
import { annotation, InvokerBench, type BenchOptions } from './fakes/invoker-bench.ts'
import { anIdentity } from './fakes/model-samples.ts'

let bench: InvokerBench

async function start(options: BenchOptions = {}): Promise<void> {
  bench = new InvokerBench(options)
  await bench.open()
  await bench.define()
}

afterEach(() => bench.close())

describe('an activation', () => {
  it('ends in one record with the annotations of OpenWhisk and those of its stages', async () => {
    await start({
      containers: {
        behaviour: {
          create: () => ({ delayMs: 100 }),
          init: () => ({ delayMs: 30 }),
          run: () => ({ delayMs: 20, body: '{"a":1}' }),
        },
      },
    })
    const record = await bench.run()
    expect(record).toMatchObject({
      namespace: 'guest',
      name: 'hello',
      version: '0.0.1',
      subject: 'guest-subject',
      publish: false,
      duration: 50,
      logs: [],
    })
    expect(record.end! - record.start).toBe(50)
    expect(record.response.statusCode).toBe(0)
    expect(record.response.result?.value).toEqual({ a: 1 })
    expect(record.response.size).toBe(7)
    expect(record.annotations).toEqual([
      { key: 'path', value: 'guest/hello' },
      { key: 'waitTime', value: 100 },
      { key: 'kind', value: 'nodejs:20' },
      { key: 'timeout', value: false },
      { key: 'limits', value: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 } },
      { key: 'initTime', value: 30 },
      { key: 'acquired', value: { how: 'cold', reason: 'no-container' } },
      { key: 'stages', value: { queue: 0, acquire: 100, init: 30, run: 20, logs: 0 } },
    ])
  })
})
