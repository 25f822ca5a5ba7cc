import { describe, expect, it } from 'vitest'
import { checkAnswer } from '../src/rest/check-answer.ts'
import { AnyOrder, ANYTHING, JsonInText, type ContractRow, type Expectation } from '../src/rest/contract-row.ts'
import { GET, POST, PUT } from '../src/rest/paths.ts'
import { RestPlatform } from '../src/rest/rest-platform.ts'
import { RestSuite } from '../src/rest/rest-suite.ts'
import type { RawResponse } from '../src/rest/send-request.ts'

function answered(body: unknown, more: Partial<RawResponse> = {}): RawResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'x-request-id': 't', 'x-two': 'a,b' }
  return {
    status: 200,
    reason: 'OK',
    headers,
    lines: new Map([['x-two', ['a', 'b']]]),
    bytes: Buffer.from(text),
    text,
    ...more,
  }
}

/** What is expected, an answer that is so, and one that is not. */
const CASES: readonly (readonly [what: string, Omit<Expectation, 'status'>, good: RawResponse, bad: RawResponse])[] = [
  ['another status', {}, answered({}), answered({}, { status: 201 })],
  ['no transaction id', {}, answered({}), answered({}, { headers: {} })],
  ['another reason', { reason: 'OK' }, answered({}), answered({}, { reason: 'Fine' })],
  [
    'a header that differs',
    { headers: { 'x-two': 'a,b' } },
    answered({}),
    answered({}, { headers: { 'x-request-id': 't' } }),
  ],
  [
    'a header that does not match',
    { headers: { 'x-request-id': /^t$/ } },
    answered({}),
    answered({}, { headers: { 'x-request-id': 'tt' } }),
  ],
  [
    'a header that must not be there',
    { headers: { allow: null } },
    answered({}),
    answered({}, { headers: { 'x-request-id': 't', allow: 'GET' } }),
  ],
  [
    'lines of a header that differ',
    { headers: { 'x-two': ['a', 'b'] } },
    answered({}),
    answered({}, { lines: new Map([['x-two', ['a,b']]]) }),
  ],
  ['another text', { text: '{}' }, answered({}), answered('{ }')],
  ['a text that does not match', { text: /2\.0/ }, answered('2.0'), answered('2')],
  ['other bytes', { bytes: Buffer.from('{}') }, answered({}), answered('[]')],
  ['another error', { error: 'no' }, answered({ error: 'no', code: 't' }), answered({ error: 'No', code: 't' })],
  [
    'an error that does not match',
    { error: /^no/ },
    answered({ error: 'no!', code: 't' }),
    answered({ error: 'oh no', code: 't' }),
  ],
  [
    'an error with another transaction',
    { error: 'no' },
    answered({ error: 'no', code: 't' }),
    answered({ error: 'no', code: 'x' }),
  ],
  [
    'an error with more fields',
    { error: 'no' },
    answered({ error: 'no', code: 't' }),
    answered({ error: 'no', code: 't', x: 1 }),
  ],
  [
    'an error that is not compact',
    { error: 'no' },
    answered({ error: 'no', code: 't' }),
    answered('{\n  "error": "no",\n  "code": "t"\n}'),
  ],
  [
    'an error that is no text',
    { error: 'no' },
    answered({ code: 't', error: 'no' }),
    answered({ error: 'no', code: 5 }, { headers: { 'content-type': 'application/json', 'x-request-id': '5' } }),
  ],
  [
    'an error that is not pretty',
    { prettyError: 'no' },
    answered('{\n  "error": "no",\n  "code": "t"\n}'),
    answered({ error: 'no', code: 't' }),
  ],
  ['another value', { body: { a: { b: 1 } } }, answered({ a: { b: 1, c: 2 } }), answered({ a: { b: 2 } })],
  ['a value of another type', { body: { a: 1 } }, answered({ a: 1 }), answered({ a: '1' })],
  ['a value that is missing', { body: { a: ANYTHING } }, answered({ a: null }), answered({})],
  ['a value that must not be there', { body: { a: undefined } }, answered({}), answered({ a: null })],
  ['a value that does not match', { body: { a: /^\d+$/ } }, answered({ a: 12 }), answered({ a: 'x' })],
  ['an array of another length', { body: [1] }, answered([1]), answered([1, 2])],
  [
    'other JSON in a text',
    { body: { a: new JsonInText({ x: 1, y: /^\d$/ }) } },
    answered({ a: '{"z":0,"y":"2","x":1}' }),
    answered({ a: '{"x":1,"y":"two"}' }),
  ],
  ['an item too few', { body: new AnyOrder([1, 2]) }, answered([2, 1]), answered([2])],
  ['an item too many', { body: new AnyOrder([1]) }, answered([1]), answered([1, 1])],
  ['one item for two that are expected', { body: new AnyOrder([1, 1]) }, answered([1, 1]), answered([1, 2])],
  ['a field too many', { fields: ['a'] }, answered({ a: 1 }), answered({ a: 1, b: 2 })],
  ['a field too few', { fields: ['a', 'b'] }, answered({ a: 1, b: 2 }), answered({ a: 1 })],
  [
    'JSON of another type',
    { fields: [] },
    answered({}),
    answered({}, { headers: { 'x-request-id': 't', 'content-type': 'text/plain' } }),
  ],
  ['no such item', { includes: { a: 1 } }, answered([{ a: 2 }, { a: 1 }]), answered([{ a: 2 }])],
  ['an item that must not be there', { excludes: ['x'] }, answered([{ name: 'y' }]), answered([{ name: 'x' }])],
  ['an item with a field too many', { itemFields: ['a'] }, answered([{ a: 1 }]), answered([{ a: 1, b: 1 }])],
  ['no item at all', { itemFields: ['a'] }, answered([{ a: 1 }]), answered([])],
  ['another argument', { args: { a: { b: 1 } } }, answered({ a: { b: 1 } }), answered({ a: { b: 1, c: 1 } })],
  ['an argument that must not be there', { args: { a: null } }, answered({}), answered({ a: null })],
]

describe('the check of an answer bites', () => {
  it.each(CASES)('on %s', (_what, expectation, good, bad) => {
    const expected = { status: 200, ...expectation }
    expect(() => checkAnswer(good, expected)).not.toThrow()
    expect(() => checkAnswer(bad, expected)).toThrow()
  })
})

describe('the check of an answer of OpenWhisk', () => {
  it('does without a transaction id in the head, but not without one in the error', () => {
    const headers = { 'content-type': 'application/json' }
    const expected = { status: 200, error: 'no' }
    const known = answered({ code: 't', error: 'no' }, { headers })
    expect(() => checkAnswer(known, expected, true)).not.toThrow()
    expect(() => checkAnswer(known, expected)).toThrow('X-Request-ID')
    expect(() => checkAnswer(answered({ error: 'no' }, { headers }), expected, true)).toThrow()
  })
})

describe('a suite', () => {
  const row = (more: Partial<ContractRow>): ContractRow => ({
    name: 'r',
    when: GET('/ping', { as: 'nobody' }),
    answer: { status: 200 },
    ...more,
  })

  it('says why rows do not apply to a target', async () => {
    await using platform = await RestPlatform.start()
    const { baseUrl, owner, other, admit, store } = platform
    const bare = await RestSuite.connect({ baseUrl, owner })
    const full = await RestSuite.connect({ baseUrl, owner, other, admit, store })
    const conditional: [Partial<ContractRow>, RegExp][] = [
      [{ needs: { limits: {} } }, /limits/],
      [{ when: GET('/ping', { as: 'other' }) }, /second caller/],
      [{ given: [{ package: 'p', of: 'other' }] }, /second caller/],
      [{ answer: { status: 200, body: { a: ['{other}'] } } }, /second caller/],
      [{ given: [{ stored: {}, id: 'a/b' }] }, /past the API/],
    ]
    for (const [more, reason] of conditional) {
      expect(bare.skipReason(row(more))).toMatch(reason)
      expect(full.skipReason(row(more))).toBeUndefined()
    }
    expect(bare.skipReason(row({}))).toBeUndefined()
    expect(full.skipReason(row({ needs: { kinds: ['cobol:1', 'nodejs:20'] } }))).toMatch(/kind cobol:1$/)
  })

  it('leaves out for OpenWhisk what it does otherwise', async () => {
    await using platform = await RestPlatform.start()
    const { baseUrl, owner } = platform
    const openwhisk = await RestSuite.connect({ baseUrl, owner, openwhisk: true })
    const stemcell = await RestSuite.connect({ baseUrl, owner })
    expect(openwhisk.skipReason(row({ differs: 'because' }))).toBe('OpenWhisk does otherwise: because')
    expect(openwhisk.skipReason(row({}))).toBeUndefined()
    expect(stemcell.skipReason(row({ differs: 'because' }))).toBeUndefined()
  })

  it('fails a row whose given steps are refused, and one whose answer is another', async () => {
    await using platform = await RestPlatform.start()
    const suite = await RestSuite.connect(platform)
    const trigger = '/api/v1/namespaces/_/triggers/{u}'
    await suite.run(row({ given: [PUT(trigger, {})], when: GET(trigger) }))
    await suite.run(row({ given: [POST(trigger, {}, { expected: 404 })] }))
    await expect(suite.run(row({ given: [POST(trigger, {})] }))).rejects.toThrow(/given POST .*404/)
    await expect(suite.run(row({ when: GET(trigger) }))).rejects.toThrow(/404/)
  })

  it('fails a row when who watches the exchanges objects', async () => {
    await using platform = await RestPlatform.start()
    const { baseUrl, owner } = platform
    const observe = (): void => {
      throw new Error('objection')
    }
    const suite = await RestSuite.connect({ baseUrl, owner, observe })
    await expect(suite.run(row({}))).rejects.toThrow('objection')
  })
})
