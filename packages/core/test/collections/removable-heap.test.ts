import { describe, expect, it } from 'vitest'
import { RemovableHeap, type HeapItem } from '../../src/collections/removable-heap.ts'
import { SeededRandom } from '../../src/time/seeded-random.ts'

interface Item extends HeapItem {
  readonly value: number
}

const item = (value: number): Item => ({ value, heapAt: -1 })

describe('a heap out of whose middle items are taken', () => {
  it('has the same first, and the same order, as a list that is sorted each time', () => {
    const random = new SeededRandom(3)
    const heap = new RemovableHeap<Item>((a, b) => a.value < b.value)
    const held: Item[] = []
    for (let step = 0; step < 5_000; step++) {
      if (held.length === 0 || random.below(5) > 1) {
        const added = item(random.below(100))
        held.push(added)
        heap.add(added)
      } else {
        const [removed] = held.splice(random.below(held.length), 1)
        heap.remove(removed!)
        expect(removed!.heapAt).toBe(-1)
      }
      expect(heap.size).toBe(held.length)
      if (step % 50 !== 0) continue
      const sorted = held.map(({ value }) => value).sort((a, b) => a - b)
      expect(heap.first?.value).toBe(sorted[0])
      expect([...heap.inOrder()].map(({ value }) => value)).toEqual(sorted)
    }
  })

  it('leaves what it does not hold', () => {
    const heap = new RemovableHeap<Item>((a, b) => a.value < b.value)
    const held = item(1)
    heap.add(held)
    heap.remove(item(2))
    heap.remove(held)
    heap.remove(held)
    expect(heap.size).toBe(0)
    expect([...heap.inOrder()]).toEqual([])
  })
})
