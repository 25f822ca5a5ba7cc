import { parseJson, stringifyJson, type JsonObject } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { withExactNumbers, withNumberTexts } from '../src/documents/exact-numbers.ts'
import { storableJson } from '../src/documents/storable-json.ts'

const DOCUMENT = '{"a":[2.0,{"b/~":-0,"c":1E400}],"d":9007199254740993,"e":1e+21,"f":7,"g":0.5,"h":"1e5"}'
const BESIDE = {
  '/a/0': '2.0',
  '/a/1/b~1~0': '-0',
  '/a/1/c': '1E400',
  '/d': '9007199254740993',
  '/e': '1e+21',
}

describe('numbers that CouchDB would write otherwise', () => {
  it('are noted beside the document, which keeps them too', () => {
    const { stemcellNumbers, ...rest } = parseJson(withNumberTexts(DOCUMENT)) as JsonObject
    expect(stemcellNumbers).toEqual(BESIDE)
    expect(stringifyJson(rest)).toBe(DOCUMENT)
  })

  it.each([
    ['doubles are made of them', (text: string) => JSON.stringify(JSON.parse(text))],
    ['long integers stay and fractions are written in its own way', asErlangWrites],
  ])('are what they were after %s', (_what, stored) => {
    const back = withExactNumbers(parseJson(stored(storableJson(DOCUMENT))) as JsonObject)
    expect(stringifyJson(back)).toBe(DOCUMENT)
  })

  it('stay as somebody else has changed them since', () => {
    const changed = { ...(parseJson(withNumberTexts(DOCUMENT)) as JsonObject), a: [3, { 'b/~': 'text' }], d: 5 }
    const back = withExactNumbers(changed)
    expect(stringifyJson(back)).toBe('{"a":[3,{"b/~":"text"}],"d":5,"e":1e+21,"f":7,"g":0.5,"h":"1e5"}')
  })

  it.each(['{}', '{"a":1.5,"b":[1,"2.0"],"c":"1e5]"}'])('do not occur in %s', (text) => {
    expect(withNumberTexts(text)).toBe(text)
  })
})

/** No sign of zero, a fraction before every exponent. */
function asErlangWrites(text: string): string {
  return text.replace('-0,', '0,').replace('1e+21,', '1.0e+21,')
}
