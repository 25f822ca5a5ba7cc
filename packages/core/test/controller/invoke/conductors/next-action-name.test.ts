import { describe, expect, it } from 'vitest'
import { fullName, nextActionName } from '../../../../src/controller/invoke/conductors/next-action-name.ts'
import type { JsonValue } from '../../../../src/model/json.ts'

describe('the name that a conductor gives', () => {
  it.each([
    ['a', 'me/a'],
    ['pkg/a', 'me/pkg/a'],
    ['/ns/a', 'ns/a'],
    ['/_/a', 'me/a'],
    ['ns/pkg/a', 'ns/pkg/a'],
    ['/ns/pkg/a', 'ns/pkg/a'],
    ['/_/pkg/a', 'me/pkg/a'],
    ['_/pkg/a', 'me/pkg/a'],
    ['_', 'me/_'],
    ['a name', 'me/a name'],
  ])('%s means %s', (given, meant) => {
    expect(fullName(nextActionName(given, 'me')!)).toBe(meant)
  })

  it.each<[string, JsonValue]>([
    ['one segment after a slash', '/a'],
    ['four segments', 'a/b/c/d'],
    ['four segments after a slash', '/a/b/c/d'],
    ['nothing', ''],
    ['a slash', '/'],
    ['an illegal character', 'a*'],
    ['an illegal package', 'p!/a'],
    ['a number', 7],
    ['null', null],
    ['an object', { name: 'a' }],
    ['an array', ['a']],
  ])('is none when it is %s', (_, given) => {
    expect(nextActionName(given, 'me')).toBeUndefined()
  })
})
