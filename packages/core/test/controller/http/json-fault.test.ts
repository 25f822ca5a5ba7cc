import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonFault } from '../../../src/controller/http/json-fault.ts'

describe('a text that is no JSON', () => {
  it.each([
    ['', 'end-of-input at input index 0 (line 1, position 1), expected JSON Value:\n\n^\n'],
    ['  ', 'end-of-input at input index 2 (line 1, position 3), expected JSON Value:\n  \n  ^\n'],
    ['{', `end-of-input at input index 1 (line 1, position 2), expected '"':\n{\n ^\n`],
    ['{"a":', 'end-of-input at input index 5 (line 1, position 6), expected JSON Value:\n{"a":\n     ^\n'],
    ['{"a" 1}', `character '1' at input index 5 (line 1, position 6), expected ':':\n{"a" 1}\n     ^\n`],
    ['{"a":1,}', `character '}' at input index 7 (line 1, position 8), expected '"':\n{"a":1,}\n       ^\n`],
    ['{"a":1}}', `character '}' at input index 7 (line 1, position 8), expected end-of-input:\n{"a":1}}\n       ^\n`],
    [
      '{\n  "a": x\n}',
      `character 'x' at input index 9 (line 2, position 8), expected JSON Value:\n  "a": x\n       ^\n`,
    ],
    ['[1 2]', `character '2' at input index 3 (line 1, position 4), expected ']':\n[1 2]\n   ^\n`],
    ['[1,', 'end-of-input at input index 3 (line 1, position 4), expected JSON Value:\n[1,\n   ^\n'],
    ['nul', 'end-of-input at input index 0 (line 1, position 1), expected JSON Value:\nnul\n^\n'],
    ['nope', `character 'o' at input index 0 (line 1, position 1), expected JSON Value:\nnope\n^\n`],
    ['-x', `character 'x' at input index 1 (line 1, position 2), expected DIGIT:\n-x\n ^\n`],
    ['1.', 'end-of-input at input index 2 (line 1, position 3), expected DIGIT:\n1.\n  ^\n'],
    ['"\\x"', `character 'x' at input index 2 (line 1, position 3), expected JSON escape sequence:\n"\\x"\n  ^\n`],
    ['"\\u12g4"', `character 'g' at input index 5 (line 1, position 6), expected hex digit:\n"\\u12g4"\n     ^\n`],
    ['"a\tb"', `character '\\u0009' at input index 2 (line 1, position 3), expected '"':\n"a?b"\n  ^\n`],
    ['"é" x', `character 'x' at input index 5 (line 1, position 6), expected end-of-input:\n"é" x\n     ^\n`],
  ])('%j is told so in the words of OpenWhisk', (text, fault) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
    expect(jsonFault(text)).toBe(`Unexpected ${fault}`)
  })

  it('is not sent back when its line is long', () => {
    expect(jsonFault(`{"a":"${'x'.repeat(5000)}"`)).toBe(
      "Unexpected end-of-input at input index 5007 (line 1, position 5008), expected '}'",
    )
  })

  it('is found whatever it is, and JSON is not', () => {
    const damaged = fc
      .tuple(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom('', '"', '\\', ',', '}', ']', 'e', '0', '-', '\n', 'é', '\0'),
      )
      .map(([text, at, inserted]) => {
        const index = at % (text.length + 1)
        return text.slice(0, index) + inserted + text.slice(index + (at % 3))
      })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.json(), fc.string()), (text) => {
        expect(jsonFault(text) === undefined).toBe(isJson(text))
      }),
      { numRuns: 2000 },
    )
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
