import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptsMediaType } from '../../../src/controller/http/accepts-media-type.ts'
import type { JsonValue } from '../../../src/model/json.ts'
import { isNestedDeeperThan, isValueNestedDeeperThan } from '../../../src/model/json-depth.ts'

describe('the depth of JSON', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

  it('is measured without parsing, and of values', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8, noUnicodeString: false }), fc.integer({ min: 0, max: 9 }), (text, max) => {
        const padded = text + ' '.repeat(2 * max + 1)
        const value = JSON.parse(text) as JsonValue
        const deeper = depthOf(value) > max
        expect(isNestedDeeperThan(max, Buffer.from(padded))).toBe(deeper)
        expect(isValueNestedDeeperThan(max, value, padded)).toBe(deeper)
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it('does not count brackets in strings, however they are escaped', () => {
    for (const text of ['"[[[["', '"\\"[[[["', '["\\\\","[[[["]', '["\\\\\\"[[[["]']) {
      expect(isNestedDeeperThan(1, Buffer.from(text.padEnd(10)))).toBe(false)
    }
  })

  it('of text that ends inside a string is no trouble', () => {
    expect(isNestedDeeperThan(1, Buffer.from('["\\"'.padEnd(9, 'x')))).toBe(false)
  })
})

describe('an Accept header', () => {
  for (const [accept, expected] of [
    [undefined, true],
    ['', true],
    ['*/*', true],
    ['APPLICATION/JSON', true],
    ['text/html', false],
    ['text/html, */*;q=0.1', true],
    ['application/json;q=0', false],
    ['application/json;q=0.000, */*', false],
    ['*/*;q=0, application/json', true],
    ['application/*', true],
    ['application/xml', false],
  ] as const) {
    it(`of ${accept} ${expected ? 'admits' : 'does not admit'} JSON`, () =>
      expect(acceptsMediaType(accept, 'application/json')).toBe(expected))
  }
})
