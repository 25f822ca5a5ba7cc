import { afterEach, describe, expect, it } from 'vitest'
import type { SimulatedAnswer } from '../../src/container/simulated-containers.ts'
import { isPlatformError, PlatformError } from '../../src/errors.ts'
import { isJsonObject } from '../../src/model/json.ts'
import { InvokerBench, type BenchOptions } from './fakes/invoker-bench.ts'

let bench: InvokerBench

async function start(run: SimulatedAnswer, options: BenchOptions = {}): Promise<void> {
  bench = new InvokerBench({
    ...options,
    containers: { behaviour: { create: () => ({ delayMs: 100 }), run: () => run } },
  })
  await bench.open()
  await bench.define()
}

const containers = async (): Promise<number> =>
  (await bench.containers.list({ platform: 'test', invoker: 'invoker0' })).length

async function endOf(id: string): Promise<{ readonly statusCode: number; readonly error: unknown }> {
  const { statusCode, result } = (await bench.record(id)).response
  return { statusCode, error: isJsonObject(result?.value) ? result.value['error'] : undefined }
}

afterEach(() => bench.close())

describe('an invoker that is disabled', () => {
  it('says so, leaves its topic alone, and finishes what it took', async () => {
    await start({ delayMs: 5_000 })
    const taken = await bench.send()
    await bench.clock.advance(200)
    expect(bench.invoker.isEnabled).toBe(true)
    expect(await bench.until(bench.invoker.disable())).toBe(true)
    expect(bench.invoker.isEnabled).toBe(false)
    expect(bench.pings.at(-1)?.enabled).toBe(false)
    const late = await bench.send()
    expect((await endOf(taken)).statusCode).toBe(0)
    await bench.clock.advance(60_000)
    expect(await bench.records.get('guest', late)).toBeUndefined()
    expect(bench.acksOf(late)).toEqual([])
  })

  it('goes on saying so every second, so that controllers that come later hear it', async () => {
    await start({})
    await bench.until(bench.invoker.disable())
    const before = bench.pings.length
    await bench.clock.advance(3_000)
    expect(bench.pings.slice(before).map(({ enabled }) => enabled)).toEqual([false, false, false])
  })

  it('still takes what was sent before the controllers heard of it', async () => {
    await start({})
    const disabled = bench.invoker.disable()
    await bench.clock.advance(100)
    const crossed = await bench.send()
    await bench.until(disabled)
    expect((await endOf(crossed)).statusCode).toBe(0)
  })

  it('takes what waited in its topic once it is enabled again', async () => {
    await start({})
    await bench.until(bench.invoker.disable())
    const id = await bench.send()
    await bench.clock.advance(10_000)
    expect(await bench.until(bench.invoker.enable())).toBe(true)
    expect(bench.invoker.isEnabled).toBe(true)
    expect(bench.pings.at(-1)?.enabled).toBe(true)
    expect((await endOf(id)).statusCode).toBe(0)
  })

  it('is told apart from one that was so before', async () => {
    await start({})
    expect(await bench.until(bench.invoker.enable())).toBe(false)
    const both = Promise.all([bench.invoker.disable(), bench.invoker.disable()])
    expect(await bench.until(both)).toEqual([true, false])
  })

  it('stays so when the queue gives it no work', async () => {
    await start({})
    await bench.until(bench.invoker.disable())
    const subscribe = bench.queue.subscribe.bind(bench.queue)
    bench.queue.subscribe = () => Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'no'))
    const refused = await bench.until(bench.invoker.enable()).catch((reason: unknown) => reason)
    expect(isPlatformError(refused, 'ERR_UNAVAILABLE')).toBe(true)
    expect(bench.invoker.isEnabled).toBe(false)
    bench.queue.subscribe = subscribe
    expect(await bench.until(bench.invoker.enable())).toBe(true)
  })

  it('is enabled after it was closed and opened again', async () => {
    await start({})
    await bench.until(bench.invoker.disable())
    await bench.close()
    expect(bench.invoker.isEnabled).toBe(false)
    await expect(bench.invoker.enable()).rejects.toSatisfy((error) => isPlatformError(error, 'ERR_CLOSED'))
    await bench.invoker.open()
    expect(bench.invoker.isEnabled).toBe(true)
    expect((await bench.run()).response.statusCode).toBe(0)
  })

  it('does not take work again when it is closed while it is being enabled', async () => {
    await start({})
    await bench.until(bench.invoker.disable())
    const enabled = bench.invoker.enable()
    await bench.close()
    await enabled
    const late = await bench.send()
    await bench.clock.advance(10_000)
    expect(await bench.records.get('guest', late)).toBeUndefined()
  })
})

describe('a drain', () => {
  it('finishes what was taken and asks for no more', async () => {
    await start({ delayMs: 2_000 })
    const id = await bench.send()
    await bench.clock.advance(10)
    expect(await bench.until(bench.invoker.drain(5_000))).toBe(true)
    expect((await endOf(id)).statusCode).toBe(0)
    expect(bench.invoker.isEnabled).toBe(false)
    const late = await bench.send()
    await bench.clock.advance(2_000)
    expect(bench.acksOf(late)).toEqual([])
  })

  it('ends at its deadline what runs and what waits, each in a record, and their containers', async () => {
    await start({ failure: 'never-answers' }, { options: { userMemoryMb: 256 } })
    const running = await bench.send({ blocking: true })
    await bench.clock.advance(200)
    const waiting = await bench.send()
    const before = bench.clock.monotonic()
    expect(await bench.until(bench.invoker.drain(3_000))).toBe(false)
    expect(bench.clock.monotonic() - before).toBeLessThan(4_100)
    expect([await endOf(running), await endOf(waiting)]).toEqual([
      { statusCode: 3, error: 'The invoker stopped before the action finished.' },
      { statusCode: 3, error: 'The invoker stopped before the action was run.' },
    ])
    expect(bench.acksOf(running).some(({ completion }) => completion)).toBe(true)
    expect(bench.acksOf(waiting).some(({ completion }) => completion)).toBe(true)
    expect(await containers()).toBe(0)
  })

  it('without any time takes nothing more at once', async () => {
    await start({ delayMs: 10_000 })
    const taken = await bench.send()
    await bench.clock.advance(200)
    const drained = bench.invoker.drain(0)
    await bench.clock.advance(1)
    const late = await bench.send()
    expect(await bench.until(drained)).toBe(false)
    expect((await endOf(taken)).statusCode).toBe(3)
    await bench.clock.advance(10_000)
    expect(await bench.records.get('guest', late)).toBeUndefined()
    await bench.until(bench.invoker.enable())
    expect((await endOf(late)).statusCode).toBe(0)
  })

  it('can be followed by work when the invoker is enabled again', async () => {
    await start({ delayMs: 10_000 })
    await bench.send()
    await bench.clock.advance(200)
    expect(await bench.until(bench.invoker.drain(1_000))).toBe(false)
    await bench.until(bench.invoker.enable())
    expect((await bench.run()).response.statusCode).toBe(0)
  })

  it('ends nothing when the invoker is enabled before the deadline', async () => {
    await start({ delayMs: 10_000 })
    const id = await bench.send()
    await bench.clock.advance(200)
    const drained = bench.invoker.drain(5_000)
    await bench.until(bench.invoker.enable())
    expect(await bench.until(drained)).toBe(false)
    expect((await endOf(id)).statusCode).toBe(0)
  })

  it('and a close at the same time both come to an end', async () => {
    await start({ delayMs: 3_000 })
    const id = await bench.send()
    await bench.clock.advance(200)
    const drained = bench.invoker.drain(60_000)
    await bench.close()
    expect(await bench.until(drained)).toBe(true)
    expect((await endOf(id)).statusCode).toBe(3)
  })
})
