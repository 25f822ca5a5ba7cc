import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomId, randomText, type Random } from '../../src/time/random.ts'
import { SeededRandom } from '../../src/time/seeded-random.ts'
import { SystemRandom } from '../../src/time/system-random.ts'

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe.each([
  ['SeededRandom', (): Random => new SeededRandom(42)],
  ['SystemRandom', (): Random => new SystemRandom()],
])('%s', (_name, make) => {
  it('makes UUIDs of version 4 that do not repeat', () => {
    const random = make()
    const uuids = Array.from({ length: 1000 }, () => random.uuid())
    for (const uuid of uuids) expect(uuid).toMatch(UUID_V4)
    expect(new Set(uuids).size).toBe(1000)
  })

  it('makes ids that are such UUIDs without their dashes', () => {
    const random = make()
    const ids = Array.from({ length: 1000 }, () => randomId(random))
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
    expect(new Set(ids).size).toBe(1000)
  })

  it('draws integers below the bound, up to the largest bound', () => {
    const random = make()
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (bound) => {
        const drawn = random.below(bound)
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < bound).toBe(true)
      }),
    )
    expect(random.below(1)).toBe(0)
  })

  it('gives as many bytes as asked for', () => {
    expect(make().bytes(0)).toHaveLength(0)
    expect(make().bytes(1000)).toHaveLength(1000)
  })

  it('makes text of letters and digits', () => {
    expect(randomText(make(), 64)).toMatch(/^[A-Za-z0-9]{64}$/)
    expect(randomText(make(), 0)).toBe('')
  })
})

/** Chi-squared of the counts against a uniform distribution. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

describe('SeededRandom', () => {
  it('repeats itself for the same seed and not for another', () => {
    const draw = (seed: number): number[] => {
      const random = new SeededRandom(seed)
      return Array.from({ length: 20 }, () => random.below(1_000_000))
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })

  it('is uniform over integers and bytes', () => {
    const random = new SeededRandom(1)
    const integers = Array.from({ length: 100 }, () => 0)
    for (let draw = 0; draw < 100_000; draw++) integers[random.below(100)]!++
    // 99 degrees of freedom: above 149 in one of a thousand runs; the seed makes this one run for ever.
    expect(chiSquared(integers)).toBeLessThan(149)
    const bytes = Array.from({ length: 256 }, () => 0)
    for (const byte of random.bytes(100_000)) bytes[byte]!++
    expect(chiSquared(bytes)).toBeLessThan(331)
  })
})

it('bytes that were given out are nobody else’s, whatever is drawn after them', () => {
  const random = new SystemRandom()
  const given = Array.from({ length: 500 }, (_, count) => random.bytes(count % 40))
  const before = given.map((bytes) => Buffer.from(bytes))
  const ids = given.map(() => random.hexId())
  expect(given.map((bytes) => Buffer.from(bytes))).toEqual(before)
  const parts = before.filter(({ length }) => length >= 8).map((bytes) => bytes.toString('hex', 0, 8))
  expect(new Set([...parts, ...ids.map((id) => id.slice(0, 16))]).size).toBe(parts.length + ids.length)
})

it('text favours no character', () => {
  const counts = new Map<string, number>()
  for (const character of randomText(new SeededRandom(3), 62_000)) {
    counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  expect(counts.size).toBe(62)
  expect(chiSquared([...counts.values()])).toBeLessThan(101)
})
