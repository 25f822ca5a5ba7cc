import { VirtualClock, type Acquisition, type PoolGauges } from '@stemcell/core'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { FORGET_MS, MAX_ACTIONS } from '../src/action-series.ts'
import { OpenWhiskInvokerMetrics } from '../src/openwhisk-invoker-metrics.ts'

const STARTS = 'counter_invoker_containerStart_counter_total'
const PLAN = { kind: 'nodejs:20', memoryMb: 256, ready: 2, starting: 1, missed: 3, expired: 4 }
const POOL: PoolGauges = {
  capacityMb: 2048,
  usedMb: 1024,
  leavingMb: 0,
  busy: 5,
  idle: 0,
  idleMb: 0,
  stemCells: 2,
  stemCellsMb: 512,
  starting: 1,
  waiting: 0,
  stemCellPlans: [PLAN, { ...PLAN, kind: 'python:3', ready: 0, missed: 0, expired: 0 }],
}

function start() {
  const register = new Registry()
  const clock = new VirtualClock()
  const metrics = new OpenWhiskInvokerMetrics(register, clock)
  const acquired = (namespace: string, action: string, acquisition: Acquisition) =>
    metrics.acquired({ namespace, action, kind: 'nodejs:20', acquisition })
  const lines = async (name: string): Promise<string[]> =>
    (await register.metrics())
      .split('\n')
      .filter((line) => line.startsWith(name))
      .map((line) => line.slice(name.length))
  return { clock, metrics, acquired, lines }
}

describe('what OpenWhisk’s dashboards ask of invokers', () => {
  it('starts are counted by owner, caller, action with its package, and state in OpenWhisk’s words', async () => {
    const { acquired, lines } = start()
    acquired('guest', 'guest/p/a', { how: 'cold', reason: 'no-container' })
    acquired('guest', 'guest/p/a', { how: 'hot', reason: 'joined' })
    acquired('guest', 'guest/p/a', { how: 'hot' })
    acquired('guest', 'guest/p/a', { how: 'resumed' })
    acquired('other', 'guest/p/a', { how: 'stemcell' })
    const guest = '{namespace="guest",initiator="guest",action="p/a"'
    expect((await lines(STARTS)).toSorted()).toEqual([
      `${guest},containerState="cold"} 1`,
      `${guest},containerState="warmed"} 2`,
      `${guest},containerState="warming"} 1`,
      '{namespace="guest",initiator="other",action="p/a",containerState="prewarmed"} 1',
    ])
  })

  it('stem cells are told by kind and memory, from zero on', async () => {
    const { metrics, lines } = start()
    metrics.gauges(POOL)
    expect(await lines('counter_containerPool_prewarmColdstart_counter_total')).toEqual([
      '{kind="nodejs:20",memory="256 MB"} 3',
      '{kind="python:3",memory="256 MB"} 0',
    ])
    expect(await lines('counter_containerPool_prewarmExpired_counter_total')).toEqual([
      '{kind="nodejs:20",memory="256 MB"} 4',
      '{kind="python:3",memory="256 MB"} 0',
    ])
    expect(await lines('gauge_containerPool_prewarmCount_counter')).toEqual([' 4'])
    expect(await lines('gauge_containerPool_activeCount_counter')).toEqual([' 5'])
  })

  it('series do not become more and more, and those of idle actions go', async () => {
    const { clock, metrics, acquired, lines } = start()
    for (let count = 0; count < MAX_ACTIONS + 50; count++) acquired('guest', `guest/a${count}`, { how: 'hot' })
    const all = await lines(STARTS)
    expect(all).toHaveLength(MAX_ACTIONS + 1)
    expect(all.at(-1)).toBe('{namespace="other",initiator="other",action="other",containerState="warmed"} 50')
    await clock.advance(FORGET_MS / 2)
    acquired('guest', 'guest/a7', { how: 'hot' })
    await clock.advance(FORGET_MS / 2 + 1)
    metrics.forgetIdle()
    expect((await lines(STARTS)).filter((line) => !line.includes('"other"'))).toEqual([
      '{namespace="guest",initiator="guest",action="a7",containerState="warmed"} 2',
    ])
    acquired('guest', 'guest/a1', { how: 'cold' })
    expect(await lines(STARTS)).toContain('{namespace="guest",initiator="guest",action="a1",containerState="cold"} 1')
  })
})
