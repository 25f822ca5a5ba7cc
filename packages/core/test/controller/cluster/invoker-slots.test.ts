import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvokerSlots } from '../../../src/controller/cluster/invoker-slots.ts'
import type { PlacementRequest } from '../../../src/load-balancer/load-balancer.ts'

function request(action: string, memoryMb: number, maxConcurrent = 1): PlacementRequest {
  return { namespace: 'ns', action, version: '0.0.1', kind: 'nodejs:20', memoryMb, maxConcurrent, blackbox: false }
}

describe('invoker slots', () => {
  it('count memory for each activation that has a container of its own', () => {
    const slots = new InvokerSlots(512)
    const a = request('ns/a', 256)
    slots.take(a)
    slots.take(a)
    expect(slots.freeMb).toBe(0)
    expect(slots.fits(a)).toBe(false)
    slots.release(a)
    expect(slots.fits(a)).toBe(true)
  })

  it('put as many activations into one container as it takes at once', () => {
    const slots = new InvokerSlots(256)
    const shared = request('ns/a', 256, 3)
    for (let i = 0; i < 3; i++) {
      expect(slots.fits(shared)).toBe(true)
      slots.take(shared)
    }
    expect(slots.fits(shared)).toBe(false)
    expect(slots.freeMb).toBe(0)
    for (let i = 0; i < 3; i++) slots.release(shared)
    expect(slots.freeMb).toBe(256)
  })

  it('are exact again once everything taken was released, in any order', () => {
    const actions = [request('ns/a', 128), request('ns/b', 256, 2), request('ns/c', 128, 5), request('ns/d', 512)]
    fc.assert(
      fc.property(
        fc.array(fc.nat(actions.length - 1), { maxLength: 60 }),
        fc.infiniteStream(fc.nat(1000)),
        (order, picks) => {
          const slots = new InvokerSlots(4096)
          const taken: PlacementRequest[] = []
          for (const index of order) {
            const wanted = actions[index]!
            if (!slots.fits(wanted)) continue
            slots.take(wanted)
            taken.push(wanted)
            expect(slots.freeMb).toBeGreaterThanOrEqual(0)
          }
          while (taken.length > 0) slots.release(taken.splice(picks.next().value % taken.length, 1)[0]!)
          expect(slots.freeMb).toBe(4096)
        },
      ),
    )
  })
})
