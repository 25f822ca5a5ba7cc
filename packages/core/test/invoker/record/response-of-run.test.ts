import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../src/model/json.ts'
import type { CallEnd } from '../../../src/invoker/parts/call-end.ts'
import { responseOfRun } from '../../../src/invoker/record/response-of-run.ts'

const facts = { elapsedMs: 5, limitMs: 100, maxReplyBytes: 20 }
const reply = (status: number, body: string, bodyBytes = body.length, truncated = false): CallEnd => ({
  kind: 'reply',
  reply: { status, body, bodyBytes, truncated },
})
const invalid = 'The action did not produce a valid JSON or JSON Array response'
const lost = 'The action did not produce a valid response and exited unexpectedly.'
const tooDeep = 'The action produced a response that is nested more than 1000 levels deep.'
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const timeout = 'The action exceeded its time limits of 100 milliseconds.'

interface Row {
  readonly what: string
  readonly end: CallEnd
  readonly elapsedMs?: number
  readonly statusCode: number
  readonly result: JsonValue
  readonly size?: number
}

const ROWS: readonly Row[] = [
  { what: '200 and an object', end: reply(200, '{"a":1}'), statusCode: 0, result: { a: 1 }, size: 7 },
  { what: '200 and an array', end: reply(200, '[1,2]'), statusCode: 0, result: [1, 2], size: 5 },
  { what: '200 and JSON with a line end', end: reply(200, '{}\n'), statusCode: 0, result: {}, size: 3 },
  {
    what: '200 and an error among other members',
    end: reply(200, '{"error":{"x":1},"b":2}'),
    statusCode: 1,
    result: { error: { x: 1 } },
    size: 23,
  },
  {
    what: '200 and an error that is null',
    end: reply(200, '{"error":null}'),
    statusCode: 1,
    result: { error: null },
    size: 14,
  },
  { what: '200 and null', end: reply(200, 'null'), statusCode: 2, result: { error: `${invalid}: null` }, size: 4 },
  { what: '200 and a scalar', end: reply(200, '42'), statusCode: 2, result: { error: `${invalid}: 42` }, size: 2 },
  { what: '200 and no JSON', end: reply(200, 'oops'), statusCode: 2, result: { error: `${invalid}: oops` }, size: 4 },
  { what: '200 and nothing', end: reply(200, ''), statusCode: 2, result: { error: `${invalid}.` }, size: 0 },
  { what: '502 and an error', end: reply(502, '{"error":"x","y":1}'), statusCode: 2, result: { error: 'x' }, size: 19 },
  {
    what: '502 and an object',
    end: reply(502, '{"y":1}'),
    statusCode: 2,
    result: { error: `${invalid}: {"y":1}` },
    size: 7,
  },
  { what: '502 and nothing', end: reply(502, ''), statusCode: 2, result: { error: `${invalid}.` }, size: 0 },
  {
    what: '200 and the deepest array',
    end: reply(200, nested(1000)),
    statusCode: 0,
    result: JSON.parse(nested(1000)) as JsonValue,
    size: 2000,
  },
  {
    what: '200 and a deeper array',
    end: reply(200, nested(1001)),
    statusCode: 2,
    result: { error: tooDeep },
    size: 2002,
  },
  {
    what: '200 and a deeper error',
    end: reply(200, `{"error":${nested(9000)}}`),
    statusCode: 2,
    result: { error: tooDeep },
    size: 18_010,
  },
  {
    what: '502 and a deeper error',
    end: reply(502, `{"error":${nested(1000)}}`),
    statusCode: 2,
    result: { error: tooDeep },
    size: 2010,
  },
  {
    what: 'a reply that is too long',
    end: reply(200, '{"abc', 2000, true),
    statusCode: 1,
    result: {
      error:
        'The action produced a response that exceeded the allowed length: 2000 > 20 bytes. The truncated response was: {"abc',
    },
    size: 2000,
  },
  { what: 'a time-out', end: { kind: 'timeout' }, statusCode: 2, result: { error: timeout } },
  {
    what: 'a good reply after the limit',
    end: reply(200, '{}'),
    elapsedMs: 100,
    statusCode: 2,
    result: { error: timeout },
  },
  {
    what: 'a broken connection after the limit',
    end: { kind: 'lost', exit: undefined },
    elapsedMs: 100,
    statusCode: 2,
    result: { error: timeout },
  },
  { what: 'a broken connection', end: { kind: 'lost', exit: undefined }, statusCode: 2, result: { error: lost } },
  {
    what: 'a crash',
    end: { kind: 'lost', exit: { reason: 'exited', exitCode: 1 } },
    statusCode: 2,
    result: { error: lost },
  },
  {
    what: 'death by memory',
    end: { kind: 'lost', exit: { reason: 'out-of-memory' } },
    statusCode: 2,
    result: { error: 'The action exhausted its memory and was aborted.' },
  },
  { what: 'no container reached at all', end: { kind: 'not-reached' }, statusCode: 2, result: { error: lost } },
  {
    what: 'an adapter that fails',
    end: { kind: 'unexpected', error: new Error('x') },
    statusCode: 3,
    result: { error: lost },
  },
]

describe('the response of a run', () => {
  it.each(ROWS)('to $what has status $statusCode', ({ end, elapsedMs, statusCode, result, size }) => {
    const response = responseOfRun(end, { ...facts, ...(elapsedMs === undefined ? {} : { elapsedMs }) })
    expect({ ...response, result: response.result?.value }).toEqual({
      statusCode,
      result,
      ...(size === undefined ? {} : { size }),
    })
  })

  it('keeps the text of a good result as the container wrote it', () => {
    const text = '{"big": 12345678901234567890}'
    expect(responseOfRun(reply(200, text), facts).result?.text).toBe(text)
  })

  it('counts the size in UTF-16 units', () => {
    expect(responseOfRun(reply(200, '{"a":"äö"}', 12), facts).size).toBe(10)
  })
})
