import { describe, expect, it } from 'vitest'
import { storableJson } from '../src/documents/storable-json.ts'

describe('JSON on its way to CouchDB', () => {
  it.each([
    ['"a\\ud800b"', '"a\\ufffdb"'],
    ['"\\uDC00"', '"\\ufffd"'],
    ['"\\ud800\\ud800\\udc00"', '"\\ufffd\\ud800\\udc00"'],
    ['{"\\udbff":1}', '{"\\ufffd":1}'],
    ['[1e400,-2.5E+999]', '[null,null]'],
    ['{"1e400":1e309}', '{"1e400":null,"stemcellNumbers":{"/1e400":"1e309"}}'],
  ])('%s becomes %s', (json, expected) => {
    expect(storableJson(json)).toBe(expected)
  })

  it.each([
    '"\\ud83d\\ude00 \\\\ud800 \\n"',
    '"1e400 \\" 1e999"',
    '[1e308,1e-400,123456789012345678901234567890,"\\u0000"]',
    '{"a":"é 😀"}',
  ])('%s stays as it is', (json) => {
    expect(storableJson(json)).toBe(json)
  })
})
