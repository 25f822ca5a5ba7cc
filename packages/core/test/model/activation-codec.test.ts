import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activationJson, activationSummary, activationText, readActivation } from '../../src/model/activation-codec.ts'
import type { Activation } from '../../src/model/activation.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import { JsonText } from '../../src/model/json-text.ts'

const stored: JsonObject = {
  namespace: 'bob',
  name: 'split',
  subject: 'bobsubject',
  activationId: '0f3c9a52d1e84b7c8f60a1b2c3d4e5f6',
  start: 1_700_000_000_140,
  end: 1_700_000_000_171,
  duration: 31,
  response: { statusCode: 0, result: { parts: ['a', 'b'] }, size: 19 },
  logs: ['2024-05-01T10:11:12.123456789Z stdout: hi'],
  version: '0.0.4',
  publish: false,
  annotations: [
    { key: 'limits', value: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 } },
    { key: 'path', value: 'acme/utils/split' },
    { key: 'kind', value: 'nodejs:20' },
    { key: 'timeout', value: false },
    { key: 'waitTime', value: 17 },
    { key: 'binding', value: 'bob/u' },
  ],
}

const activations: fc.Arbitrary<Activation> = fc
  .record({
    name: fc.string(),
    logs: fc.array(fc.string()),
    result: fc.option(fc.jsonValue(), { nil: undefined }),
    size: fc.option(fc.nat(), { nil: undefined }),
    cause: fc.option(fc.constantFrom('0'.repeat(32), 'f'.repeat(32)), { nil: undefined }),
    lasted: fc.option(fc.nat(), { nil: undefined }),
    statusCode: fc.constantFrom(0, 1, 2, 3),
    annotations: fc.dictionary(fc.string(), fc.jsonValue()),
  })
  .map(({ name, logs, result, size, cause, lasted, statusCode, annotations }) => ({
    namespace: 'bob',
    name,
    version: '0.0.1',
    subject: 'bobsubject',
    activationId: '0'.repeat(32),
    ...(cause === undefined ? {} : { cause }),
    start: 1000,
    ...(lasted === undefined ? {} : { end: 1000 + lasted, duration: lasted }),
    publish: false,
    response: {
      statusCode,
      ...(result === undefined ? {} : { result: JsonText.of(JSON.parse(JSON.stringify(result)) as JsonValue) }),
      ...(size === undefined ? {} : { size }),
    },
    logs,
    annotations: Object.entries(annotations).map(([key, value]) => ({ key, value: value as JsonValue })),
  }))

describe('activation records', () => {
  it('of OpenWhisk are read and written member for member, what the store adds left out', () => {
    const activation = readActivation({ ...stored, _id: 'bob/0f3c', _rev: '1-a', updated: 1, entityType: 'activation' })
    expect(activationJson(activation)).toEqual(stored)
    expect(Object.keys(activationJson(activation))).toEqual(Object.keys(stored))
  })

  it('survive writing and reading, and their text is the text of their JSON', () => {
    fc.assert(
      fc.property(activations, (activation) => {
        const json = activationJson(activation)
        expect(activationText(activation)).toBe(JSON.stringify(json))
        expect(activationJson(readActivation(JSON.parse(JSON.stringify(json)) as JsonObject))).toEqual(
          JSON.parse(JSON.stringify(json)),
        )
      }),
    )
  })

  it('copy the result from its own text', () => {
    const activation = {
      ...readActivation(stored),
      response: { statusCode: 0 as const, result: JsonText.trusted('{"a":1.0}') },
    }
    expect(activationText(activation)).toContain('"response":{"statusCode":0,"result":{"a":1.0}}')
  })

  it('without an end have neither end nor duration', () => {
    const { duration: _, ...withoutDuration } = stored
    for (const end of [0, undefined]) {
      const json = { ...withoutDuration, ...(end === undefined ? {} : { end }) } as JsonObject
      if (end === undefined) delete json['end']
      const activation = readActivation(json)
      expect(activation).not.toHaveProperty('end')
      expect(activation).not.toHaveProperty('duration')
      expect(activationSummary(activation)).not.toHaveProperty('statusCode')
    }
  })

  it('with a missing duration or ISO times are completed', () => {
    const { duration: _, ...withoutDuration } = stored
    const iso = { start: '2024-05-01T10:11:12.000Z', end: '2024-05-01T10:11:12.250Z' }
    expect(readActivation({ ...withoutDuration, ...iso })).toMatchObject({
      start: 1_714_558_272_000,
      end: 1_714_558_272_250,
      duration: 250,
    })
  })

  it('are listed without response, logs and subject, the duration being end - start', () => {
    const summary = activationSummary(readActivation({ ...stored, duration: 7, cause: 'c' }))
    expect(summary).toEqual({
      namespace: 'bob',
      name: 'split',
      version: '0.0.4',
      publish: false,
      annotations: stored['annotations'],
      activationId: stored['activationId'],
      start: stored['start'],
      end: stored['end'],
      duration: 31,
      statusCode: 0,
      cause: 'c',
    })
  })

  it.each([
    [{ response: null }, 'response'],
    [{ response: { statusCode: 4 } }, 'response.statusCode'],
    [{ response: {} }, 'response.statusCode'],
    [{ start: 'yesterday' }, 'start'],
    [{ namespace: 7 }, 'namespace'],
    [{ activationId: null }, 'activationId'],
  ] as [JsonObject, string][])('with %j are corrupt', (change, field) => {
    expect(() => readActivation({ ...stored, ...change })).toThrow(
      expect.objectContaining({ code: 'ERR_CORRUPT', message: expect.stringContaining(`'${field}'`) }),
    )
  })
})
