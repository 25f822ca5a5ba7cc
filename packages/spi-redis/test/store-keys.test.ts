import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ActivationKeys, recordName, scoreBounds } from '../src/stores/store-keys.ts'
import { TopicKeys } from '../src/queue/topic-keys.ts'

/** Any text, also with NULs and halves of characters. */
const name = fc.string({ unit: fc.oneof(fc.constantFrom('\0', '\u0001', '\ud800', '\udfff', ':', '😀'), fc.string()) })

describe('the names of keys', () => {
  it('differ where the names differ, as bytes', () => {
    const distinct = fc.tuple(name, name, name, name).filter(([a, b, c, d]) => a !== c || b !== d)
    fc.assert(
      fc.property(distinct, ([a, b, c, d]) => {
        expect(Buffer.from(recordName(a, b)).equals(Buffer.from(recordName(c, d)))).toBe(false)
      }),
    )
  })

  it('all begin with the prefix in braces, which puts them into one slot', () => {
    const activations = new ActivationKeys('p')
    const topic = new TopicKeys('p', 't')
    const keys = [activations.record('n', 'i')]
    keys.push(activations.index('n', undefined), activations.index('n', 'a'), activations.all, activations.namespaces)
    keys.push(topic.stream, topic.settings, ...Object.values(topic.group('g')))
    for (const key of keys) expect(key).toMatch(/^\{p\}:[a-z]/)
    expect(new Set(keys).size).toBe(keys.length - 1)
  })
})

describe('bounds of orders', () => {
  it.each([
    [undefined, undefined, ['-inf', '+inf']],
    [0, Number.MAX_SAFE_INTEGER, ['-inf', '+inf']],
    [1.5, 2.5, ['2', '2']],
    [-5, 3, ['-inf', '3']],
    [3, 1, undefined],
    [2.2, 2.8, undefined],
  ])('from %j to %j are %j', (from, to, expected) => {
    expect(scoreBounds(from, to)).toEqual(expected)
  })
})
