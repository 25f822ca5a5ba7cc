import { describe, expect, it } from 'vitest'
import type { ContainerFactory } from '../../src/container/container-factory.ts'
import type { SimulatedAnswer } from '../../src/container/simulated-containers.ts'
import type { Activation } from '../../src/model/activation.ts'
import { annotation, InvokerBench } from './fakes/invoker-bench.ts'

/** What the arguments of a run ask for. */
type Wish = 'brief' | 'longer' | 'long' | 'never' | 'exits' | 'unusable'

const ANSWERS: Record<Wish, SimulatedAnswer> = {
  brief: { delayMs: 0.05, brief: true },
  longer: { delayMs: 8 },
  long: { delayMs: 1_500 },
  never: { failure: 'never-answers' },
  exits: { delayMs: 1, exit: { reason: 'exited', exitCode: 1 } },
  unusable: { delayMs: 1, status: 502, body: '{"error":"unusable"}' },
}

/** So many brief runs more than others let runs be sent behind each other. */
const ENOUGH = 64

class Bench extends InvokerBench {
  /** Runs that began, in their order. */
  readonly began: { readonly container: string; readonly id: string; readonly wish: Wish; readonly atMs: number }[] = []

  constructor(factory?: (factory: ContainerFactory) => ContainerFactory, maxRunsBehind = 15) {
    super({
      options: { maxRunsBehind },
      ...(factory && { factory }),
      containers: {
        behaviour: {
          create: () => ({ delayMs: 100 }),
          run: ({ id: container, body }) => {
            const { activation_id: id, value } = JSON.parse(body) as { activation_id: string; value: { wish: Wish } }
            this.began.push({ container, id, wish: value.wish, atMs: this.clock.monotonic() })
            return ANSWERS[value.wish]
          },
        },
      },
    })
  }

  async warm(count = ENOUGH + 1, concurrency = 1): Promise<void> {
    await this.open()
    await this.define({ limits: { timeout: 2_000, concurrency } })
    for (let n = 0; n < count; n++) await this.run({ args: { wish: 'brief' } })
    this.began.length = 0
  }

  /** Sends them at once, and moves time until each has its record. */
  async all(...wishes: Wish[]): Promise<Activation[]> {
    const ids = []
    for (const wish of wishes) ids.push(await this.send({ args: { wish } }))
    const records = []
    for (const id of ids) records.push(await this.record(id))
    expect(new Set(this.began.map(({ id }) => id)).size).toBe(this.began.length)
    return records
  }

  get containersUsed(): number {
    return new Set(this.began.map(({ container }) => container)).size
  }
}

const outcomes = (records: readonly Activation[]): number[] => records.map(({ response }) => response.statusCode)
const acquired = (record: Activation): unknown => annotation(record, 'acquired')

describe('runs of an action whose runs are brief', () => {
  it('are sent behind each other to a container that is hot, and their records say so', async () => {
    const bench = await warmed()
    const records = await bench.all('brief', 'brief', 'brief', 'brief')
    expect(outcomes(records)).toEqual([0, 0, 0, 0])
    expect(records.map(acquired)).toEqual([{ how: 'hot' }, BEHIND, BEHIND, BEHIND])
    expect(bench.containersUsed).toBe(1)
    await bench.close()
  })

  it('begin in the order in which they came, one after the other', async () => {
    const bench = await warmed()
    const records = await bench.all('longer', 'longer', 'longer')
    expect(bench.began.map(({ id }) => id)).toEqual(records.map(({ activationId }) => activationId))
    const [first, second, third] = bench.began.map(({ atMs }) => atMs)
    expect([second! - first!, third! - second!]).toEqual([8, 8])
    await bench.close()
  })

  it('have their time counted from when they can begin, and what they waited as time in which they waited', async () => {
    const bench = await warmed()
    const records = await bench.all('longer', 'longer', 'longer')
    expect(records.map(({ duration }) => duration)).toEqual([8, 8, 8])
    const [first, second, third] = records.map(({ start }) => start)
    expect([second! - first!, third! - first!]).toEqual([8, 16])
    expect(records.map((record) => annotation(record, 'waitTime'))).toEqual([0, 8, 16])
    await bench.close()
  })

  it('are sixteen at most in one container', async () => {
    const bench = await warmed()
    const records = await bench.all(...Array.from({ length: 40 }, (): Wish => 'longer'))
    expect(records.map(acquired).slice(1, 16)).toEqual(Array.from({ length: 15 }, () => BEHIND))
    expect(records.map(acquired)[16]).not.toEqual(BEHIND)
    await bench.close()
  })

  it('get containers of their own until there were enough of them', async () => {
    const bench = await warmed(ENOUGH - 1)
    expect((await bench.all('brief', 'brief')).map(acquired)).not.toContainEqual(BEHIND)
    await bench.close()
  })

  it('get containers of their own where the containers do not take runs back', async () => {
    const bench = await warmed(ENOUGH + 1, (factory) => ({
      capabilities: factory.capabilities,
      open: () => factory.open(),
      close: () => factory.close(),
      list: (owner) => factory.list(owner),
      reap: (owner) => factory.reap(owner),
      create: async (spec, options) => {
        const container = await factory.create(spec, options)
        return Object.assign(Object.create(container) as typeof container, {
          recall: undefined,
          exited: container.exited,
          id: container.id,
          init: container.init.bind(container),
          run: container.run.bind(container),
          openLog: container.openLog.bind(container),
          suspend: container.suspend.bind(container),
          resume: container.resume.bind(container),
          destroy: container.destroy.bind(container),
        })
      },
    }))
    expect((await bench.all('brief', 'brief')).map(acquired)).not.toContainEqual(BEHIND)
    await bench.close()
  })
})

describe('behind a run that takes longer than those before it', () => {
  it('others go elsewhere after a moment; the long one goes on, and nobody is sent behind another any more', async () => {
    const bench = await warmed()
    const records = await bench.all('longer', 'brief', 'brief')
    expect(bench.containersUsed).toBe(1)
    const [long, second, third] = await bench.all('long', 'brief', 'brief')
    expect(outcomes([long!, second!, third!])).toEqual([0, 0, 0])
    for (const { start } of [second!, third!]) expect(start - long!.start).toBeLessThan(500)
    expect((await bench.all('brief', 'brief')).map(acquired)).not.toContainEqual(BEHIND)
    expect(outcomes(records)).toEqual([0, 0, 0])
    await bench.close()
  })

  it.each(['never', 'exits', 'unusable'] as const)('(%s) others run all the same, and once each', async (wish) => {
    const bench = await warmed()
    const [bad, ...others] = await bench.all(wish, 'brief', 'brief', 'brief')
    expect(bad!.response.statusCode).toBe(2)
    expect(outcomes(others)).toEqual([0, 0, 0])
    expect(bench.began).toHaveLength(4)
    await bench.close()
    expect(await bench.containers.list({ platform: 'test', invoker: 'invoker0' })).toEqual([])
  })

  it('others are ended with the invoker as never begun', async () => {
    const bench = await warmed()
    const ids = [await bench.send({ args: { wish: 'never' } }), await bench.send({ args: { wish: 'brief' } })]
    await bench.clock.advance(1)
    await bench.close()
    const records = []
    for (const id of ids) records.push(await bench.record(id))
    expect(bench.began.map(({ wish }) => wish)).toEqual(['never'])
    expect(outcomes(records)).toEqual([3, 3])
  })
})

it.each([
  [0, 0],
  [2, 2],
])('where %i may wait, %i do', async (maxRunsBehind, behind) => {
  const bench = new Bench(undefined, maxRunsBehind)
  await bench.warm()
  const records = await bench.all('longer', 'longer', 'longer', 'longer')
  expect(records.map(acquired).filter((how) => JSON.stringify(how) === JSON.stringify(BEHIND))).toHaveLength(behind)
  await bench.close()
})

it('runs that may overlap are not sent behind each other', async () => {
  const bench = new Bench()
  await bench.warm(ENOUGH + 1, 2)
  const records = await bench.all('brief', 'brief', 'brief')
  expect(records.map(acquired)).not.toContainEqual(BEHIND)
  await bench.close()
})

const BEHIND = { how: 'hot', reason: 'behind' }

async function warmed(count?: number, factory?: (factory: ContainerFactory) => ContainerFactory): Promise<Bench> {
  const bench = new Bench(factory)
  await bench.warm(count)
  return bench
}
