import { describe, expect, it } from 'vitest'
import type { CallEnd } from '../../../src/invoker/parts/call-end.ts'
import { responseOfInit } from '../../../src/invoker/record/response-of-init.ts'

const facts = { elapsedMs: 5, limitMs: 100, maxReplyBytes: 20 }
const reply = (status: number, body: string, bodyBytes = body.length, truncated = false): CallEnd => ({
  kind: 'reply',
  reply: { status, body, bodyBytes, truncated },
})
const timeout = 'The action exceeded its time limits of 100 milliseconds during initialization.'
const lost = 'The action did not initialize and exited unexpectedly.'

describe('the response of an initialisation', () => {
  it.each([
    ['{"ok":true}', 200],
    ['not JSON', 200],
    ['', 200],
  ])('is none when the runtime answers %s with %i', (body, status) => {
    expect(responseOfInit(reply(status, body), facts)).toBeUndefined()
  })

  it.each<[string, CallEnd, number, number, string, number | undefined]>([
    ['502 and an error', reply(502, '{"error":"bad","x":1}'), 5, 2, 'bad', 21],
    ['502 and a text', reply(502, 'bad'), 5, 2, 'The action failed during initialization: bad', 3],
    ['502 and nothing', reply(502, ''), 5, 2, 'The action failed during initialization.', 0],
    [
      '502 and an error that is too deep',
      reply(502, `{"error":${'['.repeat(1000)}${']'.repeat(1000)}}`),
      5,
      2,
      'The action produced a response that is nested more than 1000 levels deep.',
      2010,
    ],
    [
      'a reply that is too long',
      reply(200, '{"a', 99, true),
      5,
      2,
      'The action produced a response that exceeded the allowed length: 99 > 20 bytes. The truncated response was: {"a',
      99,
    ],
    ['a time-out', { kind: 'timeout' }, 100, 2, timeout, undefined],
    ['success that leaves no time to run', reply(200, '{}'), 100, 2, timeout, undefined],
    ['failure after the limit', reply(502, 'bad'), 101, 2, timeout, undefined],
    ['a broken connection', { kind: 'lost', exit: undefined }, 5, 2, lost, undefined],
    [
      'death by memory',
      { kind: 'lost', exit: { reason: 'out-of-memory' } },
      5,
      2,
      'The action exhausted its memory and was aborted.',
      undefined,
    ],
    ['no container reached at all', { kind: 'not-reached' }, 5, 2, lost, undefined],
    [
      'an adapter that fails',
      { kind: 'unexpected', error: new Error('x') },
      5,
      3,
      'The action did not produce a valid response and exited unexpectedly.',
      undefined,
    ],
  ])('to %s is an error', (_what, end, elapsedMs, statusCode, error, size) => {
    const response = responseOfInit(end, { ...facts, elapsedMs })
    expect(response?.statusCode).toBe(statusCode)
    expect(response?.result?.value).toEqual({ error })
    expect(response?.size).toBe(size)
  })
})
