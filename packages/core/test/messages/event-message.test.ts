import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activationEvent, eventBody, readEvent, type EventMessage } from '../../src/messages/event-message.ts'
import { readActivation } from '../../src/model/activation-codec.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import { bytesBody } from '../../src/queue/message-body.ts'

const activationId = '0f3c9a52d1e84b7c8f60a1b2c3d4e5f6'
const ended: JsonObject = {
  source: 'invoker0',
  body: {
    name: 'acme/utils/split',
    activationId,
    statusCode: 1,
    duration: 31,
    waitTime: 17,
    initTime: 0,
    kind: 'nodejs:20',
    conductor: false,
    memory: 256,
    causedBy: 'sequence',
    size: 19,
    userDefinedStatusCode: 404,
  },
  subject: 'bobsubject',
  namespace: 'bob',
  userId: '6f0d7c1e-71f6-4ed5-8c54-816aa4f8c502',
  eventType: 'Activation',
  timestamp: 1_700_000_000_171,
}
const limited: JsonObject = {
  ...ended,
  source: 'controller0',
  body: { metricName: 'TimedRateLimit', metricValue: 1 },
  eventType: 'Metric',
}

const encode = (json: JsonValue) => bytesBody(new TextEncoder().encode(JSON.stringify(json)))
const decode = (event: EventMessage): unknown => JSON.parse(new TextDecoder().decode(eventBody(event).bytes()))

describe('a user event', () => {
  it.each([ended, limited])('is read and written in OpenWhisk’s form: $eventType', (json) => {
    expect(decode(readEvent(encode(json)))).toEqual(json)
  })

  it('by reference is the very same object', () => {
    const event = readEvent(encode(ended))
    expect(readEvent(eventBody(event))).toBe(event)
  })

  it('comes back as it was, whatever it says', () => {
    const common = {
      source: fc.string(),
      subject: fc.string(),
      namespace: fc.string(),
      userId: fc.string(),
      timestamp: fc.nat(),
    }
    const metric = fc.record({
      metricName: fc.constantFrom(
        'ConcurrentRateLimit' as const,
        'TimedRateLimit' as const,
        'ConcurrentInvocations' as const,
      ),
      metricValue: fc.nat(),
    })
    const activation = fc.record(
      {
        name: fc.string(),
        activationId: fc.string(),
        statusCode: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
        duration: fc.nat(),
        waitTime: fc.nat(),
        initTime: fc.nat(),
        kind: fc.string(),
        conductor: fc.boolean(),
        memory: fc.nat(),
        causedBy: fc.string(),
        size: fc.nat(),
        userDefinedStatusCode: fc.integer(),
      },
      {
        requiredKeys: [
          'name',
          'activationId',
          'statusCode',
          'duration',
          'waitTime',
          'initTime',
          'kind',
          'conductor',
          'memory',
        ],
      },
    )
    fc.assert(
      fc.property(fc.record({ ...common, body: fc.oneof(metric, activation) }), (event) => {
        expect(readEvent(encode(decode(event as EventMessage) as JsonValue))).toEqual(event)
      }),
    )
  })

  it.each([
    ['no JSON', 'x'],
    ['no body', { ...ended, body: null }],
    ['an unknown metric', { ...limited, body: { metricName: 'Other', metricValue: 1 } }],
    ['a status out of range', { ...ended, body: { ...(ended['body'] as JsonObject), statusCode: 4 } }],
    ['no time', { ...ended, timestamp: '1' }],
  ])('is refused with %s', (_what, json) => {
    expect(() => readEvent(encode(json as JsonValue))).toThrow(/user event|message field/)
  })
})

describe('the event of a record', () => {
  const record = (response: JsonObject, ...annotations: JsonObject[]) =>
    activationEvent(
      readActivation({
        namespace: 'bob',
        name: 'split',
        subject: 'bobsubject',
        activationId,
        start: 100,
        end: 131,
        response,
        annotations,
      }),
    )
  const path = { key: 'path', value: 'acme/utils/split' }
  const kind = { key: 'kind', value: 'nodejs:20' }

  it('has what the annotations tell', () => {
    const annotations = [
      path,
      kind,
      { key: 'waitTime', value: 17 },
      { key: 'initTime', value: 5 },
      { key: 'limits', value: { memory: 512, timeout: 1 } },
      { key: 'causedBy', value: 'sequence' },
      { key: 'conductor', value: true },
    ]
    expect(record({ statusCode: 0, result: { a: 1 }, size: 7 }, ...annotations)).toEqual({
      name: 'acme/utils/split',
      activationId,
      statusCode: 0,
      duration: 31,
      waitTime: 17,
      initTime: 5,
      kind: 'nodejs:20',
      conductor: true,
      memory: 512,
      causedBy: 'sequence',
      size: 7,
    })
  })

  it('has nothing instead of what they do not tell', () => {
    expect(record({ statusCode: 3 }, path, kind)).toEqual({
      name: 'acme/utils/split',
      activationId,
      statusCode: 3,
      duration: 31,
      waitTime: 0,
      initTime: 0,
      kind: 'nodejs:20',
      conductor: false,
      memory: 0,
    })
  })

  it('does not exist where path or kind are missing, as in records of triggers', () => {
    expect(record({ statusCode: 0 }, path)).toBeUndefined()
    expect(record({ statusCode: 0 }, kind)).toBeUndefined()
  })

  it.each([
    [{ statusCode: 201 }, 201],
    [{ error: { statusCode: 404 }, statusCode: 201 }, 404],
    [{ error: 'x', statusCode: 418 }, 418],
    [{ statusCode: '200' }, 400],
    [{ error: { statusCode: null } }, 400],
    [{ nested: { statusCode: 200 } }, undefined],
    [{ text: '"statusCode"' }, undefined],
    [[{ statusCode: 200 }], undefined],
    [{ ok: true }, undefined],
  ])('takes the status code that the action gave: %j', (result, code) => {
    expect(record({ statusCode: 0, result: result as JsonValue }, path, kind)?.userDefinedStatusCode).toBe(code)
  })
})
