import { afterEach, describe, expect, it } from 'vitest'
import { invokerTopic } from '../../src/messages/invoker-instance.ts'
import { isJsonObject } from '../../src/model/json.ts'
import type { Delivery } from '../../src/queue/queue.ts'
import type { PoolGauges } from '../../src/invoker/parts/observer.ts'
import type { SimulatedAnswer } from '../../src/container/simulated-containers.ts'
import { InvokerBench } from './fakes/invoker-bench.ts'

/** One container of the action at a time. */
const FULL = { userMemoryMb: 256 }
const OTHER = { path: 'guest', name: 'other', version: '0.0.1' }

let bench: InvokerBench
let gauges: PoolGauges | undefined
/** Runs of each activation. */
let runs: Map<string, number>
/** Attempts of the messages that were handed to the invoker, in their order. */
let attempts: number[]
/** Aborts the signals of everything delivered so far. */
let lose: () => void

async function start(run: SimulatedAnswer, options: { readonly durable?: boolean } = {}): Promise<void> {
  runs = new Map()
  attempts = []
  let current = new AbortController()
  lose = () => {
    current.abort()
    current = new AbortController()
  }
  bench = new InvokerBench({
    options: FULL,
    parts: {
      observer: {
        gauges: (seen) => {
          gauges = seen
        },
      },
    },
    containers: {
      behaviour: {
        create: () => ({ delayMs: 100 }),
        run: ({ body }) => {
          const { activation_id: id } = JSON.parse(body) as { activation_id: string }
          runs.set(id, (runs.get(id) ?? 0) + 1)
          return run
        },
      },
    },
  })
  const { queue } = bench
  if (options.durable) Object.assign(queue, { capabilities: { ...queue.capabilities, durable: true } })
  const subscribe = queue.subscribe.bind(queue)
  queue.subscribe = (topic, settings, handler) => {
    if (topic !== invokerTopic(0)) return subscribe(topic, settings, handler)
    return subscribe(topic, settings, (delivery: Delivery) => {
      attempts.push(delivery.attempt)
      return handler({ ...delivery, signal: AbortSignal.any([delivery.signal, current.signal]) })
    })
  }
  await bench.open()
  await bench.define()
  await bench.define({ name: 'other' })
}

async function endOf(id: string): Promise<{ readonly statusCode: number; readonly error: unknown }> {
  const { statusCode, result } = (await bench.record(id)).response
  return { statusCode, error: isJsonObject(result?.value) ? result.value['error'] : undefined }
}

const endedWell = { statusCode: 0, error: undefined }

afterEach(async () => {
  await bench.close()
  expect(bench.clock.nextDueMs).toBeUndefined()
})

describe('an activation whose message may be given to another', () => {
  it('while it waits for room is not started, and its message is given back as if it had not been delivered', async () => {
    await start({ delayMs: 5_000 })
    const running = await bench.send()
    await bench.clock.advance(200)
    const waiting = await bench.send({ action: OTHER })
    await bench.clock.advance(1_000)
    expect(gauges).toMatchObject({ busy: 1, waiting: 1 })
    lose()
    // Known at once, and told once per second.
    expect(bench.invoker.gauges).toMatchObject({ busy: 1, waiting: 0 })
    await bench.clock.advance(999)
    expect(gauges).toMatchObject({ busy: 1, waiting: 0 })
    expect(await endOf(running)).toEqual(endedWell)
    expect(await endOf(waiting)).toEqual(endedWell)
    expect([runs.get(running), runs.get(waiting), attempts]).toEqual([1, 1, [1, 1, 1]])
  })

  it('while its container is being made is not started in it', async () => {
    await start({})
    const id = await bench.send()
    await bench.clock.advance(50)
    lose()
    await bench.clock.advance(900)
    expect(runs.size).toBe(0)
    expect(await endOf(id)).toEqual(endedWell)
    expect([runs.get(id), bench.acksOf(id).length]).toEqual([1, 1])
  })

  it('while its action is being read is not started', async () => {
    await start({})
    const get = bench.entities.get.bind(bench.entities)
    bench.entities.get = async (...call) => {
      await bench.clock.sleep(300)
      return get(...call)
    }
    const id = await bench.send()
    await bench.clock.advance(100)
    lose()
    await bench.clock.advance(900)
    expect(runs.size).toBe(0)
    expect(await endOf(id)).toEqual(endedWell)
    expect(runs.get(id)).toBe(1)
  })

  it('while it runs goes on', async () => {
    await start({ delayMs: 1_000 })
    const id = await bench.send()
    await bench.clock.advance(200)
    lose()
    expect(await endOf(id)).toEqual(endedWell)
    await bench.clock.advance(5_000)
    expect([runs.get(id), attempts]).toEqual([1, [1]])
  })

  it('while a container refuses it is not offered to the next', async () => {
    await start({ delayMs: 100, failure: 'not-reached' })
    const id = await bench.send()
    await bench.clock.advance(150)
    lose()
    await bench.clock.advance(900)
    expect([runs.get(id), await bench.records.get('guest', id)]).toEqual([1, undefined])
    await endOf(id)
    // Another time it is offered to as many as ever.
    expect([runs.get(id), attempts]).toEqual([5, [1, 1]])
  })
})

describe('of an invoker on a durable queue, what waits', () => {
  it('is given back when it is closed, and run in its next life', async () => {
    await start({ delayMs: 3_000 }, { durable: true })
    const running = await bench.send({ blocking: true })
    await bench.clock.advance(200)
    const [full, other] = [await bench.send(), await bench.send({ action: OTHER })]
    await bench.clock.advance(10)
    await bench.close()
    expect((await endOf(running)).error).toBe('The invoker stopped before the action finished.')
    expect([await bench.records.get('guest', full), bench.acksOf(full)]).toEqual([undefined, []])
    await bench.invoker.open()
    expect([await endOf(full), await endOf(other)]).toEqual([endedWell, endedWell])
    expect([runs.get(running), runs.get(full), runs.get(other)]).toEqual([1, 1, 1])
  })

  it('is given back when a drain ends, and run once it is enabled', async () => {
    await start({ delayMs: 20_000 }, { durable: true })
    const running = await bench.send()
    await bench.clock.advance(200)
    const waiting = await bench.send({ action: OTHER })
    expect(await bench.until(bench.invoker.drain(3_000))).toBe(false)
    expect((await endOf(running)).statusCode).toBe(3)
    expect(await bench.records.get('guest', waiting)).toBeUndefined()
    expect(await bench.until(bench.invoker.enable())).toBe(true)
    expect(await endOf(waiting)).toEqual(endedWell)
    expect([runs.get(running), runs.get(waiting), attempts]).toEqual([1, 1, [1, 1, 1]])
  })

  it('goes on when it is disabled, as nobody else gets what a closing subscription holds', async () => {
    await start({ delayMs: 3_000 }, { durable: true })
    await bench.send()
    await bench.clock.advance(200)
    const waiting = await bench.send({ action: OTHER })
    await bench.clock.advance(10)
    expect(await bench.until(bench.invoker.disable())).toBe(true)
    expect(await endOf(waiting)).toEqual(endedWell)
    expect(attempts).toEqual([1, 1])
  })
})
