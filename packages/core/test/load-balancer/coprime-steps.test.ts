import fc from 'fast-check'
import { expect, it } from 'vitest'
import { coprimeSteps } from '../../src/load-balancer/coprime-steps.ts'

it.each([
  [1, [1]],
  [2, [1]],
  [9, [1, 2, 5, 7]],
  [10, [1, 3, 7]],
  [12, [1, 5, 7, 11]],
])('a ring of %i has the strides %j', (size, steps) => {
  expect(coprimeSteps(size)).toEqual(steps)
})

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

/** The rule as it is stated: keep k when it shares no factor with the size nor with what was kept before. */
function byDefinition(size: number): number[] {
  const kept: number[] = []
  for (let k = 1; k <= size; k++) {
    if (gcd(k, size) === 1 && kept.every((step) => gcd(k, step) === 1)) kept.push(k)
  }
  return kept
}

it('equals the definition for every ring up to 300', () => {
  for (let size = 1; size <= 300; size++) expect(coprimeSteps(size)).toEqual(byDefinition(size))
})

it('every stride visits the whole ring once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), (size, home) => {
      for (const step of coprimeSteps(size)) {
        const visited = new Set<number>()
        for (let probe = 0; probe < size; probe++) visited.add((home + probe * step) % size)
        expect(visited.size).toBe(size)
      }
    }),
    { numRuns: 20 },
  )
})
