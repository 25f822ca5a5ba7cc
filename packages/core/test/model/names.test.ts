import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activationFilterName } from '../../src/model/activation.ts'
import { formatByteSize, parseByteSize } from '../../src/model/byte-size.ts'
import { documentId, isEntityName, pathSegments, rootNamespace } from '../../src/model/entity-name.ts'
import { isBinaryCode } from '../../src/model/exec.ts'
import { nextPatch, parseVersion } from '../../src/model/semantic-version.ts'

describe('entity names', () => {
  it.each(['a', '_', '9', 'a b', 'a&b', 'user@example.com', 'a-b.c', 'a'.repeat(256), 'ends-with.', 'a@', '_x&'])(
    "'%s' is one",
    (name) => expect(isEntityName(name)).toBe(true),
  )

  it.each(['', ' a', 'a ', '.a', '-a', '@a', '&a', 'a/b', 'a:b', 'ä', 'a\n', 'a\nb', 'a\tb', 'a'.repeat(257), '$x'])(
    '%j is none',
    (name) => expect(isEntityName(name)).toBe(false),
  )

  it('every one is made of the allowed characters and ends in no blank', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300, unit: fc.constantFrom('a', 'Z', '0', '_', '@', ' ', '.', '&', '-', '/', 'ä') }),
        (name) => {
          const allowed = /^[A-Za-z0-9_@ .&-]*$/.test(name)
          const ends = /^[A-Za-z0-9_]/.test(name) && !name.endsWith(' ')
          expect(isEntityName(name)).toBe(name.length <= 256 && allowed && ends)
        },
      ),
    )
  })

  it('combine to paths and ids', () => {
    expect(documentId({ path: 'ns/pkg', name: 'a' })).toBe('ns/pkg/a')
    expect([rootNamespace('ns/pkg'), rootNamespace('ns')]).toEqual(['ns', 'ns'])
    expect(pathSegments('/ns//pkg/a/')).toEqual(['ns', 'pkg', 'a'])
  })
})

describe('byte sizes', () => {
  it.each([
    ['1 B', 1],
    ['1k', 1024],
    ['2 KB', 2048],
    ['256m', 268_435_456],
    ['1 MB', 1_048_576],
    [' 3 gb ', 3_221_225_472],
    ['1073741824 B', 1_073_741_824],
    ['0 B', 0],
  ])("'%s' is %i bytes", (text, bytes) => expect(parseByteSize(text)).toBe(bytes))

  it.each(['', '1', 'MB', '1.5 MB', '-1 B', '1  MB', '1 TB', '1 MBs', '1 MB\n\n'])('%j is none', (text) => {
    expect(parseByteSize(text)).toBeUndefined()
  })

  it('are read as they are written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseByteSize(formatByteSize(bytes))).toBe(bytes)
      }),
    )
  })
})

describe('versions', () => {
  it.each([
    ['0.0.1', '0.0.1'],
    ['1', '1.0.0'],
    ['1.2', '1.2.0'],
    ['01.002.3', '1.2.3'],
    ['+1.0', '1.0.0'],
    ['1.', '1.0.0'],
    ['1.2.3.4', '1.2.3'],
    ['1.2.3.x', '1.2.3'],
  ])("'%s' reads as %s", (text, version) => expect(parseVersion(text)).toBe(version))

  it.each(['', '0.0.0', '0', '0.0.0.1', '...', '1.2.x', 'a.b.c', '1..2', '-1.0.0', '1.0.0-beta', ' 1'])(
    "'%s' is malformed",
    (text) => {
      expect(parseVersion(text)).toBeUndefined()
    },
  )

  it('count up in the patch part', () => {
    expect(nextPatch('1.2.9')).toBe('1.2.10')
  })
})

describe('code', () => {
  it.each(['abcd', 'UEsDBAo=', '  UEsDBAo=\n', 'QQ=='])("'%s' is taken for an archive", (code) => {
    expect(isBinaryCode(code)).toBe(true)
  })

  it.each(['', '   ', 'abc', 'ab=d', 'UEs DBAo', 'function main() {}', 'a===', '====', 'abc-'])(
    "'%s' is source text",
    (code) => {
      expect(isBinaryCode(code)).toBe(false)
    },
  )

  it('of the largest size is judged like any other', () => {
    expect(isBinaryCode('A'.repeat(48 * 1024 ** 2))).toBe(true)
    expect(isBinaryCode(`${'A'.repeat(48 * 1024 ** 2 - 4)}!AAA`)).toBe(false)
  })

  it('every base64 text of some bytes is taken for an archive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        expect(isBinaryCode(Buffer.from(bytes).toString('base64'))).toBe(true)
      }),
    )
  })
})

describe('activations', () => {
  it.each([
    [[], 'split'],
    [[{ key: 'path', value: 'acme/split' }], 'split'],
    [[{ key: 'path', value: 'acme/utils/split' }], 'utils/split'],
    [
      [
        { key: 'path', value: 'acme/utils/split' },
        { key: 'binding', value: 'bob/u' },
      ],
      'u/split',
    ],
    [
      [
        { key: 'binding', value: 7 },
        { key: 'path', value: 'acme/utils/split' },
      ],
      'utils/split',
    ],
  ])('with the annotations %j are filtered as %s', (annotations, name) => {
    expect(activationFilterName({ name: 'split', annotations })).toBe(name)
  })
})
