import { expect, it } from 'vitest'
import { SeededRandom } from '@stemcell/core'
import { TransientMap } from '../../src/collections/transient-map.ts'

it('holds what a Map would hold, whatever comes and goes', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new SeededRandom(seed)
    const map = new TransientMap<string | number, number>()
    const model = new Map<string | number, number>()
    let wrong = 0
    for (let step = 0; step < 5_000; step++) {
      // Few keys, many of which end alike, so that they meet in the table.
      const number = random.below(seed * 20)
      const key = number % 3 === 0 ? number * 64 : `${number % 7}-${number}-same-end`
      if (random.below(2) === 0) {
        map.set(key, step)
        model.set(key, step)
      } else {
        if (map.delete(key) !== model.delete(key)) wrong++
      }
      if (map.size !== model.size) wrong++
    }
    expect(wrong).toBe(0)
    for (const [key, value] of model) {
      expect(map.get(key)).toBe(value)
      expect(map.has(key)).toBe(true)
    }
    expect(map.values().toSorted((a, b) => a - b)).toEqual([...model.values()].toSorted((a, b) => a - b))
    expect(map.get('never there')).toBeUndefined()
    expect(map.has('never there')).toBe(false)
  }
})

it('is empty after it was cleared', () => {
  const map = new TransientMap<string, number>()
  for (let step = 0; step < 1_000; step++) map.set(`key ${step}`, step)
  map.clear()
  expect(map.size).toBe(0)
  expect(map.values()).toEqual([])
  map.set('key 1', 1)
  expect(map.get('key 1')).toBe(1)
})
