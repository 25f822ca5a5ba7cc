import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/model/json.ts'
import { isJsonObject } from '../../src/model/json.ts'
import { JsonText } from '../../src/model/json-text.ts'

describe('JsonText', () => {
  it('shows a value and its text whichever it was made of', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (raw) => {
        const text = JSON.stringify(raw)
        const value = JSON.parse(text) as JsonValue
        for (const made of [
          JsonText.of(value),
          JsonText.parse(text),
          JsonText.trusted(text),
          JsonText.trusted(text, value),
        ]) {
          expect([made.text, made.value, JSON.stringify({ made })]).toEqual([text, value, `{"made":${text}}`])
        }
      }),
    )
  })

  it('keeps the text it was given', () => {
    expect(JsonText.parse(' { "a" : 1.0 } ').text).toBe(' { "a" : 1.0 } ')
  })

  it('parses once', () => {
    const made = JsonText.trusted('{"a":1}')
    expect(made.value).toBe(made.value)
  })

  it('refuses what is no JSON', () => {
    expect(() => JsonText.parse('{')).toThrow(SyntaxError)
  })
})

it('an object is neither an array nor null', () => {
  expect([{}, [], null, 'x', undefined].map(isJsonObject)).toEqual([true, false, false, false, false])
})
