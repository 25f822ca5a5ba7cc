import { expect, it } from 'vitest'
import { assemble } from '../../src/assembly/assemble.ts'
import { memoryContainers } from '../../src/container/memory-containers.ts'
import { ActionHistories } from '../../src/load-balancer/action-histories.ts'
import type { ActionHistory, LoadBalancer, PlacementRequest } from '../../src/load-balancer/load-balancer.ts'

const request = (action: string, maxConcurrent = 1): PlacementRequest => ({
  namespace: 'ns',
  action: `ns/${action}`,
  version: '0.0.1',
  kind: 'nodejs:20',
  memoryMb: 256,
  maxConcurrent,
  blackbox: false,
})

it('an action is known on an invoker once something was sent there, and on no other', () => {
  const histories = new ActionHistories(() => 0)
  histories.sent(1, request('a'))
  expect(histories.get(1, request('a'))).toMatchObject({ inFlight: 1, completed: 0, warmSlots: 0 })
  expect(histories.get(0, request('a'))).toBeUndefined()
  expect(histories.get(1, request('b'))).toBeUndefined()
})

it('what ran at once and has ended is warm, in containers of as many runs as the action allows', () => {
  const histories = new ActionHistories(() => 0)
  for (let run = 0; run < 3; run++) histories.sent(0, request('a', 2))
  for (let run = 0; run < 3; run++) histories.ended(0, request('a', 2))
  expect(histories.get(0, request('a', 2))).toMatchObject({ inFlight: 0, completed: 3, warmSlots: 4 })
  histories.sent(0, request('a', 2))
  expect(histories.get(0, request('a', 2))?.warmSlots).toBe(3)
})

it('tells what runs and initialisations took lately, and how long nothing ran', () => {
  let nowMs = 0
  const histories = new ActionHistories(() => nowMs)
  histories.sent(0, request('a'))
  histories.learnt(0, request('a'), { durationMs: 100, initMs: 50 })
  expect(histories.get(0, request('a'))?.idleMs).toBe(0)
  nowMs = 1000
  histories.ended(0, request('a'))
  nowMs = 3000
  histories.learnt(0, request('a'), { durationMs: 200 })
  expect(histories.get(0, request('a'))).toMatchObject({ runMs: 120, initMs: 50, coldStarts: 1, idleMs: 2000 })
})

it('forgets an invoker that went, and is not confused by what ends there afterwards', () => {
  const histories = new ActionHistories(() => 0)
  histories.sent(0, request('a'))
  histories.forget(0)
  histories.ended(0, request('a'))
  expect(histories.get(0, request('a'))).toBeUndefined()
  histories.sent(0, request('a'))
  expect(histories.get(0, request('a'))).toMatchObject({ inFlight: 1, completed: 0 })
})

it.each([true, false])('a platform keeps history for a balancer whose usesHistory is %s', async (usesHistory) => {
  const seen: (ActionHistory | undefined)[] = []
  const balancer: LoadBalancer = {
    name: 'curious',
    usesHistory,
    place: (placed, cluster) => {
      const history = cluster.history(0, placed)
      seen.push(history && { ...history, warmSlots: history.warmSlots, idleMs: history.idleMs })
      return cluster.fits(0, placed) ? { invoker: 0 } : 'wait'
    },
  }
  await using platform = await assemble({
    containers: memoryContainers(),
    loadBalancer: { name: 'test', core: '*', build: () => balancer },
  })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  await guest.putAction('hi', { exec: { kind: 'nodejs:default', code: 'function main() { return { hi: 1 } }' } })
  for (let call = 0; call < 3; call++) await guest.invoke('hi')
  expect(seen).toHaveLength(3)
  expect(seen[0]).toBeUndefined()
  if (!usesHistory) expect(seen).toEqual([undefined, undefined, undefined])
  else {
    expect(seen[2]).toMatchObject({ inFlight: 0, completed: 2, coldStarts: 1, warmSlots: 1 })
    expect(seen[2]!.runMs).toBeGreaterThanOrEqual(0)
    expect(seen[2]!.initMs).toBeGreaterThanOrEqual(0)
  }
})
