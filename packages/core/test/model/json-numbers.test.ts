import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJsonObject, numberOf, type JsonObject } from '../../src/model/json.ts'
import { canonicalJson, JsonNumber, stringifyJson } from '../../src/model/json-number.ts'
import { JsonText } from '../../src/model/json-text.ts'
import { needsJsonNumber, parseJson } from '../../src/model/parse-json.ts'
import { isTruthy } from '../../src/model/parameters.ts'

const EXACT = '{"a":9007199254740993,"b":[2.0,1E400,-0,1.10,0.1],"c":{"d":0.12345678901234567890,"e":1e3}}'

/** Any number of JSON in any form. */
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,25}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,25}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][-+]?\d{1,4}$/)),
  )
  .map((parts) => parts.join(''))

const name = fc.string().map((text) => `n${text}`)

const { text: anyText } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4 },
    numberText,
    fc.constantFrom('null', 'true', 'false', '"#0:1"', '"\\"#0:1"', '"x, 2.0"'),
    fc.string().map((text) => JSON.stringify(text)),
    fc.array(tie('text'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(fc.oneof(name, fc.constant('__proto__')), tie('text')), {
        maxLength: 4,
        selector: ([key]) => key,
      })
      .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
  ),
}))

describe('JSON', () => {
  it('is written as it was read, with its numbers', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(stringifyJson(parseJson(text))).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it('has the same values as JSON.parse, but for the numbers that JavaScript would write otherwise', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(JSON.parse(JSON.stringify(parseJson(text)))).toEqual(JSON.parse(JSON.stringify(JSON.parse(text))))
      }),
    )
  })

  it('is read by JavaScript itself where nothing would change', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        expect(needsJsonNumber(text)).toBe(false)
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('may have blanks anywhere between its tokens', () => {
    expect(stringifyJson(parseJson(' {\n"a" :\t[ 2.0 , { } , [ ] , -0 ]\r\n, "b":"2.0" } '))).toBe(
      '{"a":[2.0,{},[],-0],"b":"2.0"}',
    )
    expect(stringifyJson(parseJson('2.0'))).toBe('2.0')
    expect(stringifyJson(parseJson('\n-0 '))).toBe('-0')
  })

  it('may be nested however deeply', () => {
    const depth = 200_000
    let value = parseJson(`${'['.repeat(depth)}1.0${']'.repeat(depth)}`)
    for (let level = 0; level < depth; level++) value = (value as (typeof value)[])[0]!
    expect(value).toEqual(new JsonNumber('1.0'))
  })

  it('keeps the last of members with one name', () => {
    expect(stringifyJson(parseJson('{"a":1.0,"b":2.0,"a":3.0}'))).toBe('{"a":3.0,"b":2.0}')
  })

  it.each(['', '{', '01', '1.', '.5', '+1', '2.0 3', '[1.0,]', '{"a":1.0,}', 'NaN', '1.0e', '"\n2.0"'])(
    'is refused where it is none: %j',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError)
    },
  )

  it('is indented with its numbers', () => {
    expect(stringifyJson(parseJson('{"a":[2.0]}'), 2)).toBe('{\n  "a": [\n    2.0\n  ]\n}')
  })

  it('has an order of members that does not depend on where they stood', () => {
    expect(canonicalJson(parseJson('{"b":{"d":2.0,"c":-0},"a":1}'))).toBe('{"a":1,"b":{"c":-0,"d":2.0}}')
  })

  it('gives doubles to who does not know of exact numbers', () => {
    expect(JSON.stringify(parseJson(EXACT))).toBe(JSON.stringify(JSON.parse(EXACT)))
    stringifyJson(parseJson(EXACT))
    expect(JSON.stringify(parseJson(EXACT))).toBe(JSON.stringify(JSON.parse(EXACT)))
  })
})

describe('a text with its value', () => {
  it('is written with its numbers, from the value and inside of others', () => {
    const { value } = JsonText.parse(EXACT)
    expect(JsonText.of(value).text).toBe(EXACT)
    expect(stringifyJson({ inside: JsonText.parse(EXACT) })).toBe(`{"inside":${EXACT}}`)
    expect(stringifyJson({ inside: JsonText.parse('2.0') })).toBe('{"inside":2.0}')
  })
})

describe('an exact number', () => {
  it('is no object', () => {
    expect(isJsonObject(new JsonNumber('2.0'))).toBe(false)
  })

  it('has a double', () => {
    const read = (text: string): unknown => numberOf(parseJson(text))
    expect(['2.0', '7', '1E400', '-0', '9007199254740993'].map(read)).toEqual([2, 7, Infinity, -0, 9007199254740992])
    expect(['null', '"2.0"', '[2.0]', '{}'].map(read)).toEqual([undefined, undefined, undefined, undefined])
  })

  it('is true unless it is zero', () => {
    const read = (text: string): boolean => isTruthy(parseJson(text), true)
    expect(['0.0', '-0', '0e5', '0.00E-7'].map(read)).toEqual([false, false, false, false])
    expect(['1.0', '0.10', '1E-400', '-0.010'].map(read)).toEqual([true, true, true, true])
  })
})

it('a platform number may be written in any form', () => {
  const { a } = parseJson('{"a":60000.0}') as JsonObject
  expect(numberOf(a)).toBe(60_000)
})
