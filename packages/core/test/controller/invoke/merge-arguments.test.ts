import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeArguments } from '../../../src/controller/invoke/merge-arguments.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { JsonText } from '../../../src/model/json-text.ts'
import type { Parameters } from '../../../src/model/parameters.ts'

const PARAMETERS: Parameters = [
  { key: 'a', value: 1 },
  { key: 'né"', value: 'x', encryption: 'aes' },
  { key: 'i', value: true, init: true },
]
const WITHOUT = '{"a":1,"né\\"":"x","i":true'

function text(payload: string | undefined): string | undefined {
  return mergeArguments(PARAMETERS, payload === undefined ? undefined : JsonText.trusted(payload)).content?.text
}

describe('arguments over the parameters of an action', () => {
  it.each([
    { payload: undefined, merged: `${WITHOUT}}` },
    { payload: '{}', merged: `${WITHOUT}}` },
    { payload: ' { } ', merged: `${WITHOUT} } ` },
    { payload: '{"b":1.0}', merged: `${WITHOUT},"b":1.0}` },
    { payload: ' {\n "b" : "\u2028" }\n', merged: `${WITHOUT},\n "b" : "\u2028" }\n` },
    { payload: '{"b":"a"}', merged: `${WITHOUT},"b":"a"}` },
    { payload: '{"a":2,"b":{"a":3}}', merged: '{"a":2,"né\\"":"x","i":true,"b":{"a":3}}' },
    { payload: '{"\\u0061":2}', merged: '{"a":2,"né\\"":"x","i":true}' },
    { payload: '{"n\u00e9\\"":2}', merged: '{"a":1,"né\\"":2,"i":true}' },
    { payload: '{"__proto__":2}', merged: `${WITHOUT},"__proto__":2}` },
    { payload: '[{"a":1}]', merged: '[{"a":1}]' },
  ])('of $payload are $merged', ({ payload, merged }) => expect(text(payload)).toBe(merged))

  it('unlock what they override, and name what goes with the initialisation', () => {
    const locked = (payload: string): unknown => mergeArguments(PARAMETERS, JsonText.trusted(payload)).lockedArgs
    expect(locked('{"b":1}')).toEqual({ 'né"': 'aes' })
    expect(locked('{"n\\u00e9\\"":1}')).toEqual({})
    expect(locked('[]')).toEqual({})
    expect(mergeArguments(PARAMETERS, undefined)).toMatchObject({ initArgs: ['i'], lockedArgs: { 'né"': 'aes' } })
    expect(mergeArguments(PARAMETERS, JsonText.trusted('[]')).initArgs).toEqual(['i'])
  })

  it('win, whatever they are and however they are written', () => {
    const name = fc.oneof(fc.constantFrom('a', 'b', '', '"', '__proto__', '1'), fc.string({ maxLength: 3 }))
    const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
    fc.assert(
      fc.property(object, object, fc.constantFrom(undefined, 1), (under, over, indent) => {
        const parameters = Object.entries(under).map(([key, value]) => ({ key, value: value as JsonObject }))
        const payload = JsonText.trusted(JSON.stringify(over, undefined, indent))
        const { content } = mergeArguments(parameters, payload)
        const expected = Object.fromEntries([...Object.entries(under), ...Object.entries(over)])
        expect(JSON.parse(content!.text)).toEqual(JSON.parse(JSON.stringify(expected)))
      }),
    )
  })
})
