import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parametersJson } from '../../src/model/activation-codec.ts'
import type { JsonValue } from '../../src/model/json.ts'
import {
  isTruthy,
  mergeParameters,
  parametersAsObject,
  parametersSize,
  parameterValue,
  parseParameters,
  type Parameters,
} from '../../src/model/parameters.ts'

const parameter = fc.record(
  {
    key: fc.string({ maxLength: 4 }),
    value: fc.jsonValue() as fc.Arbitrary<JsonValue>,
    init: fc.constant(true),
    encryption: fc.constantFrom('aes-128', 'aes-256'),
  },
  { requiredKeys: ['key', 'value'] },
)
const parameters = fc.uniqueArray(parameter, { selector: ({ key }) => key, maxLength: 8 }) as fc.Arbitrary<Parameters>

describe('parameters', () => {
  it('are read as they are written', () => {
    fc.assert(
      fc.property(parameters, (list) => {
        expect(parseParameters(JSON.parse(JSON.stringify(parametersJson(list))))).toEqual(
          JSON.parse(JSON.stringify(list)),
        )
      }),
    )
  })

  it('of duplicate keys keep the place of the first and the value of the last', () => {
    const read = parseParameters([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
      { key: 'a', value: null, init: true },
    ])
    expect(read).toEqual([
      { key: 'a', value: null, init: true },
      { key: 'b', value: 2 },
    ])
  })

  it.each([undefined, null, {}, 'x', [1], [{ key: 'a' }], [{ value: 1 }], [{ key: 1, value: 1 }], [[]]] as JsonValue[])(
    '%j are none',
    (json) => expect(parseParameters(json)).toBeUndefined(),
  )

  it('drop what is no flag', () => {
    expect(parseParameters([{ key: 'a', value: 1, init: false, encryption: null, more: 1 }])).toEqual([
      { key: 'a', value: 1 },
    ])
  })

  it.each([
    { init: 1 },
    { init: null },
    { init: 'true' },
    { encryption: 7 },
    { encryption: null },
    { init: true, encryption: {} },
  ])('are malformed with a flag of another type: %j', (flags) => {
    expect(parseParameters([{ key: 'a', value: 1, ...flags }])).toBeUndefined()
  })

  it('merge so that the later win, each key once, the base in its order', () => {
    fc.assert(
      fc.property(parameters, parameters, (base, over) => {
        const merged = mergeParameters(base, over)
        const keys = merged.map(({ key }) => key)
        expect(new Set(keys).size).toBe(keys.length)
        expect(keys.slice(0, base.length)).toEqual(base.map(({ key }) => key))
        for (const { key, value } of over) expect(parameterValue(merged, key)).toEqual(value)
        const overridden = new Set(over.map(({ key }) => key))
        for (const each of base) if (!overridden.has(each.key)) expect(merged).toContain(each)
        expect(new Set(keys)).toEqual(new Set([...base, ...over].map(({ key }) => key)))
      }),
    )
  })

  it('merge associatively', () => {
    fc.assert(
      fc.property(parameters, parameters, parameters, (a, b, c) => {
        expect(mergeParameters(mergeParameters(a, b), c)).toEqual(mergeParameters(a, mergeParameters(b, c)))
      }),
    )
  })

  it('become an object, whatever their keys are called', () => {
    const list = [
      { key: '__proto__', value: { polluted: true } },
      { key: 'a', value: 1 },
    ]
    const object = parametersAsObject(list)
    expect(Object.keys(object)).toEqual(['__proto__', 'a'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('are measured in UTF-8 bytes of key and compact value', () => {
    expect(parametersSize([])).toBe(0)
    expect(parametersSize([{ key: 'ä', value: 'ü' }])).toBe(2 + 4)
    expect(parametersSize([{ key: 'a', value: { b: [1, 2] } }])).toBe(1 + '{"b":[1,2]}'.length)
  })

  it.each([
    [undefined, false],
    [null, false],
    [false, false],
    [0, false],
    ['', false],
    [true, true],
    ['false', true],
    [[], true],
    [{}, true],
  ] as [JsonValue | undefined, boolean][])('an annotation of %j is truthy: %s', (value, truthy) => {
    expect(isTruthy(value, false)).toBe(truthy)
  })

  it('an absent annotation counts as told', () => {
    expect(isTruthy(undefined, true)).toBe(true)
  })
})
