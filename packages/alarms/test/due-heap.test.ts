import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DueHeap } from '../src/engine/due-heap.ts'

describe('what is due', () => {
  it('comes soonest first, each name once, whatever was set, moved and taken out before', () => {
    const command = fc.record({
      name: fc.integer({ min: 0, max: 20 }).map(String),
      dueMs: fc.integer({ min: 0, max: 50 }),
      remove: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
        const heap = new DueHeap()
        const model = new Map<string, number>()
        for (const { name, dueMs, remove } of commands) {
          if (remove) {
            heap.delete(name)
            model.delete(name)
          } else {
            heap.set(name, dueMs)
            model.set(name, dueMs)
          }
          expect(heap.size).toBe(model.size)
          expect(heap.firstMs).toBe(model.size === 0 ? undefined : Math.min(...model.values()))
        }
        const taken: number[] = []
        for (let name = heap.take(25); name !== undefined; name = heap.take(25)) {
          taken.push(model.get(name)!)
          model.delete(name)
        }
        expect(taken).toEqual([...taken].sort((a, b) => a - b))
        expect([...model.values()].every((dueMs) => dueMs > 25)).toBe(true)
      }),
    )
  })
})
