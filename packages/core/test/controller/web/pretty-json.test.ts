import fc from 'fast-check'
import { expect, it } from 'vitest'
import { prettyJson } from '../../../src/controller/web/pretty-json.ts'
import type { JsonValue } from '../../../src/model/json.ts'
import { parseJson } from '../../../src/model/parse-json.ts'

it('prints members on lines of their own and elements on one', () => {
  const value = parseJson('{"a":[1.0,{"b":null,"c":[]}],"d\\n":{},"__proto__":"é\\"","f":true}')
  expect(prettyJson(value)).toBe(
    '{\n  "a": [1.0, {\n    "b": null,\n    "c": []\n  }],\n  "d\\n": {\n\n  },\n  "__proto__": "é\\"",\n  "f": true\n}',
  )
})

it('prints the same value, whatever it is', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value = parseJson(text)
      expect(parseJson(prettyJson(value))).toEqual(value)
    }),
  )
})

/** An object of one member, so many of them in each other, takes twice two characters for each that it lies in. */
it.each([
  { depth: 1447, indented: true },
  { depth: 1448, indented: false },
])('$depth objects in each other are indented: $indented', ({ depth, indented }) => {
  let value: JsonValue = 1
  for (let level = 0; level < depth; level++) value = { a: value }
  expect(prettyJson(value).startsWith(indented ? '{\n  "a": {\n' : '{"a":{"a":')).toBe(true)
})
