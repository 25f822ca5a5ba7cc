import { describe, expect, it } from 'vitest'
import { errorAnswer } from '../../../src/controller/http/error-answer.ts'
import { refusalAnswer } from '../../../src/controller/http/refusal-answer.ts'
import { Refusal, isRefusal } from '../../../src/controller/refusals/refusal.ts'
import { silentLogger } from '../../../src/log.ts'

const REFUSALS: readonly (readonly [refusal: Refusal, status: number, text: string])[] = [
  [new Refusal('sequence-too-long'), 400, 'Too many actions in the sequence.'],
  [
    new Refusal('not-authorized', { resource: 'guest/hi' }),
    403,
    "The supplied authentication is not authorized to access 'guest/hi'.",
  ],
  [
    new Refusal('kind-unknown', { kind: 'cobol', known: ['nodejs:20'] }),
    400,
    "The request content was malformed:\nThe specified runtime 'cobol' is not supported by this platform. Valid values are: 'nodejs:20', 'sequence', 'blackbox'.",
  ],
  [
    new Refusal('limit-too-high', { limit: 'memory size', value: 1024, bound: 512, unit: ' MB' }),
    400,
    'requirement failed: memory size 1024 MB exceeds allowed threshold of 512 MB',
  ],
  [
    new Refusal('list-number-malformed', { parameter: 'skip', value: 'x', collection: 'rules' }),
    400,
    "The query parameter 'skip' was malformed:\nThe value 'x' is not an integer for rules.",
  ],
  [
    new Refusal('package-not-empty', { count: 1 }),
    409,
    'Package not empty (contains 1 entity). Set force param or delete package contents.',
  ],
  [
    new Refusal('field-too-large', { field: 'Request', bytes: 3, allowedBytes: 2 }),
    413,
    'Request larger than allowed: 3 > 2 bytes.',
  ],
]

describe('a refusal', () => {
  it.each(REFUSALS)('%s is told with its status and its text', (refusal, status, text) => {
    expect(refusalAnswer(refusal)).toEqual({ status, text, headers: [] })
  })

  it('that has no text of its own is told in that of its status', () => {
    expect(refusalAnswer(new Refusal('not-found')).text).toBe('The requested resource does not exist.')
    expect(refusalAnswer(new Refusal('activation-failed')).text).toBe('There was an internal server error.')
  })

  it('whose detail ends with blanks keeps them when it shows what the client sent', () => {
    const refusal = new Refusal('activation-name-malformed', { value: 'a//b ' })
    expect(refusalAnswer(refusal).text).toMatch(/: a\/\/b $/)
  })

  it('of a caller over its limit says when to ask again', () => {
    const refusal = new Refusal('too-many-at-once', { count: 3, allowed: 2, retryAfterS: 7 })
    expect(refusalAnswer(refusal)).toEqual({
      status: 429,
      text: 'Too many concurrent requests in flight (count: 3, allowed: 2).',
      headers: ['Retry-After', '7'],
    })
  })

  it('of a caller without credentials asks for them; one whom a web action or the operator refuses is not asked', () => {
    const challenge = ['WWW-Authenticate', 'Basic realm="OpenWhisk secure realm",charset=UTF-8']
    expect(refusalAnswer(new Refusal('authentication-missing'))).toMatchObject({ status: 401, headers: challenge })
    expect(refusalAnswer(new Refusal('authentication-invalid'))).toMatchObject({ status: 401, headers: challenge })
    expect(refusalAnswer(new Refusal('web-authentication-missing'))).toMatchObject({ status: 401, headers: [] })
    expect(refusalAnswer(new Refusal('operator-unknown'))).toMatchObject({ status: 401, headers: [] })
  })

  it('becomes the JSON error object with the id of its transaction', () => {
    const { status, contentType, body } = errorAnswer(new Refusal('already-exists'), 'tid', silentLogger)
    expect({ status, contentType, body }).toEqual({
      status: 409,
      contentType: 'application/json',
      body: '{"error":"resource already exists","code":"tid"}',
    })
  })

  it('is known by its code, not by what it is told as', () => {
    expect(isRefusal(new Refusal('not-authorized', { resource: 'a' }), 'not-authorized')).toBe(true)
    expect(isRefusal(new Refusal('kind-not-authorized', { kind: 'k' }), 'not-authorized')).toBe(false)
    expect(isRefusal(new Error('not-authorized'), 'not-authorized')).toBe(false)
  })
})
