import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acknowledgementBody, readAcknowledgement, type Acknowledgement } from '../../src/messages/acknowledgement.ts'
import { activationBody, readActivationMessage, type ActivationMessage } from '../../src/messages/activation-message.ts'
import { completedTopic, invokerTopic, type InvokerInstance } from '../../src/messages/invoker-instance.ts'
import { pingBody, readPing } from '../../src/messages/ping.ts'
import { readTransaction } from '../../src/messages/transaction-codec.ts'
import { readActivation } from '../../src/model/activation-codec.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import { JsonText } from '../../src/model/json-text.ts'
import { bytesBody } from '../../src/queue/message-body.ts'
import type { MessageBody } from '../../src/queue/queue.ts'

const uuid = '6f0d7c1e-71f6-4ed5-8c54-816aa4f8c502'
const key = 'K'.repeat(64)
const transid: JsonValue = ['q7Rt0aYb3KpX9mDfL2sVhW5uEj8GnZc1', 1_700_000_000_123]
const instanceJson: JsonObject = {
  instance: 0,
  userMemory: '1073741824 B',
  instanceType: 'invoker',
  tags: [],
  dedicatedNamespaces: [],
}
const instance: InvokerInstance = { id: 0, userMemoryBytes: 1_073_741_824, tags: [], dedicatedNamespaces: [] }
const activationId = '0f3c9a52d1e84b7c8f60a1b2c3d4e5f6'
const record: JsonObject = {
  namespace: 'bob',
  name: 'split',
  subject: 'bobsubject',
  activationId,
  start: 1_700_000_000_140,
  end: 1_700_000_000_171,
  duration: 31,
  response: { statusCode: 0, result: { parts: ['a', 'b'] }, size: 19 },
  logs: [],
  version: '0.0.4',
  publish: false,
  annotations: [{ key: 'kind', value: 'nodejs:20' }],
}

function wire(json: JsonValue): MessageBody {
  return bytesBody(Buffer.from(JSON.stringify(json)))
}

function jsonOf(body: MessageBody): JsonValue {
  return JSON.parse(Buffer.from(body.bytes()).toString()) as JsonValue
}

/** The same body after it crossed a process boundary. */
function carried(body: MessageBody): MessageBody {
  return bytesBody(Uint8Array.from(body.bytes()))
}

describe('the activation message', () => {
  const json: JsonObject = {
    transid,
    action: { path: 'acme/utils', name: 'split', version: '0.0.4', binding: 'bob/u' },
    revision: '4-9d1c',
    user: {
      subject: 'bobsubject',
      namespace: { name: 'bob', uuid },
      authkey: { api_key: `${uuid}:${key}` },
      rights: ['READ', 'PUT', 'DELETE', 'ACTIVATE'],
      limits: { concurrentInvocations: 50 },
    },
    activationId,
    rootControllerIndex: { asString: '0', instanceType: 'controller' },
    blocking: true,
    content: { sep: ',', text: 'a,b' },
    initArgs: ['sep'],
    lockedArgs: {},
  }

  it('of OpenWhisk is read and written member for member', () => {
    const message = readActivationMessage(wire(json))
    expect(message).toMatchObject({
      transaction: { id: 'q7Rt0aYb3KpX9mDfL2sVhW5uEj8GnZc1', start: 1_700_000_000_123 },
      action: { path: 'acme/utils', name: 'split', version: '0.0.4', binding: 'bob/u' },
      revision: '4-9d1c',
      user: { authkey: { uuid, key }, limits: { concurrentInvocations: 50 } },
      controllerId: '0',
      blocking: true,
      initArgs: ['sep'],
    })
    expect(message.content?.value).toEqual({ sep: ',', text: 'a,b' })
    expect(jsonOf(activationBody(message))).toEqual(json)
  })

  it('writes a missing revision as null and leaves other missing members out', () => {
    const { content: _, revision: __, ...rest } = json
    const message = readActivationMessage(wire({ ...rest, revision: null, action: { path: 'bob', name: 'a' } }))
    expect(message).not.toHaveProperty('revision')
    expect(message).not.toHaveProperty('content')
    expect(jsonOf(activationBody(message))).toEqual({ ...rest, revision: null, action: { path: 'bob', name: 'a' } })
  })

  it('carries cause, trace context and locked arguments', () => {
    const more = {
      cause: 'c'.repeat(32),
      traceContext: { traceparent: '00-1-2-01' },
      lockedArgs: { secret: 'aes-256' },
    }
    const message = readActivationMessage(wire({ ...json, ...more }))
    expect(message).toMatchObject(more)
    expect(jsonOf(activationBody(message))).toEqual({ ...json, ...more })
  })

  it('is handed over as it is inside a process', () => {
    const message = readActivationMessage(wire(json))
    expect(readActivationMessage(activationBody(message))).toBe(message)
    expect(() => readPing(activationBody(message))).toThrow(/message field 'name'/)
  })

  it('carries any arguments, without parsing or printing them again', () => {
    const message = readActivationMessage(wire(json))
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value)
        const content = JsonText.trusted(text)
        const body = activationBody({ ...message, content })
        expect(Buffer.from(body.bytes()).toString()).toContain(`"content":${text}`)
        expect(readActivationMessage(carried(body)).content?.value).toEqual(JSON.parse(text))
      }),
    )
    const spaced: ActivationMessage = { ...message, content: JsonText.trusted('{ "a": 1.0 }') }
    expect(Buffer.from(activationBody(spaced).bytes()).toString()).toContain('"content":{ "a": 1.0 }')
  })

  it.each(['action', 'user', 'activationId', 'rootControllerIndex', 'blocking', 'initArgs', 'lockedArgs'])(
    'without %s is corrupt',
    (field) => {
      const { [field]: _, ...rest } = json
      expect(() => readActivationMessage(wire(rest))).toThrow(
        expect.objectContaining({ code: 'ERR_CORRUPT', message: expect.stringContaining(`'${field}'`) }),
      )
    },
  )

  it('ignores members and rights that it does not know', () => {
    const user = { ...(json['user'] as JsonObject), rights: ['READ', 'REJECT'] }
    expect(readActivationMessage(wire({ ...json, user, future: 1 })).user.rights).toEqual(['READ'])
  })
})

describe('acknowledgements', () => {
  const transaction = { id: 'q7Rt0aYb3KpX9mDfL2sVhW5uEj8GnZc1', start: 1_700_000_000_123 }
  const completion = { instance, systemError: false }
  const response = readActivation(record)

  it.each<[string, Acknowledgement, JsonObject]>([
    ['result', { transaction, activationId, response }, { transid, response: record }],
    ['result, shrunk', { transaction, activationId, response: 'stored' }, { transid, response: activationId }],
    [
      'completion',
      { transaction, activationId, completion },
      { transid, activationId, isSystemError: false, instance: instanceJson },
    ],
    [
      'both',
      { transaction, activationId, response, completion: { instance, systemError: true } },
      { transid, response: record, isSystemError: true, instance: instanceJson },
    ],
    [
      'both, shrunk',
      { transaction, activationId, response: 'stored', completion },
      { transid, response: activationId, isSystemError: false, instance: instanceJson },
    ],
  ])('of a %s are written as OpenWhisk does and read back', (_name, acknowledgement, json) => {
    const body = acknowledgementBody(acknowledgement)
    expect(readAcknowledgement(body)).toBe(acknowledgement)
    expect(jsonOf(body)).toEqual(json)
    const read = readAcknowledgement(carried(body))
    expect(jsonOf(acknowledgementBody(read))).toEqual(json)
    expect(read.activationId).toBe(activationId)
    expect(read.completion).toEqual(acknowledgement.completion)
    expect(read.response === 'stored').toBe(acknowledgement.response === 'stored')
  })

  it.each([
    { transid },
    { transid, response: 7 },
    { transid, response: {} },
    { transid, activationId: 7 },
  ] as JsonObject[])('%j are corrupt', (json) => {
    expect(() => readAcknowledgement(wire(json))).toThrow(expect.objectContaining({ code: 'ERR_CORRUPT' }))
  })
})

describe('pings', () => {
  const json = { name: { ...instanceJson, uniqueName: 'w0' }, isEnabled: true }

  it('of OpenWhisk are read and written member for member', () => {
    const ping = readPing(wire(json))
    expect(ping).toEqual({ instance: { ...instance, uniqueName: 'w0' }, enabled: true })
    expect(jsonOf(pingBody(ping))).toEqual(json)
    expect(readPing(pingBody(ping))).toBe(ping)
  })

  it('without isEnabled are of an enabled invoker', () => {
    expect(readPing(wire({ name: instanceJson }))).toEqual({ instance, enabled: true })
    expect(readPing(wire({ name: instanceJson, isEnabled: false })).enabled).toBe(false)
  })

  it.each([
    [{}, 'name'],
    [{ name: { ...instanceJson, userMemory: 1024 } }, 'userMemory'],
    [{ name: { ...instanceJson, userMemory: 'much' } }, 'userMemory'],
    [{ name: { ...instanceJson, tags: 'x' } }, 'tags'],
    [{ name: { ...instanceJson, instance: '0' } }, 'instance'],
  ] as [JsonObject, string][])('%j are corrupt', (wrong, field) => {
    expect(() => readPing(wire(wrong))).toThrow(
      expect.objectContaining({ code: 'ERR_CORRUPT', message: expect.stringContaining(`'${field}'`) }),
    )
  })
})

it.each(['', 'nonsense', '[]', 'null', '"text"', '{'])("the body '%s' is no message", (text) => {
  const body = bytesBody(Buffer.from(text))
  for (const read of [readActivationMessage, readAcknowledgement, readPing]) {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'ERR_CORRUPT' }))
  }
})

it('a body that is not UTF-8 is no message', () => {
  const body = bytesBody(Uint8Array.from([0x22, 0xff, 0x22]))
  expect(() => readPing(body)).toThrow(expect.objectContaining({ code: 'ERR_CORRUPT' }))
})

it.each([
  [['id', 1], { id: 'id', start: 1 }],
  [['id', 1, true], { id: 'id', start: 1, extraLogging: true }],
  [['id', 1, false, ['parent', 0]], { id: 'id', start: 1 }],
  [['id', 1, ['parent', 0]], { id: 'id', start: 1 }],
  [undefined, { id: 'sid_unknown', start: 0 }],
  ['id', { id: 'sid_unknown', start: 0 }],
  [[1, 'id'], { id: 'sid_unknown', start: 0 }],
] as [JsonValue | undefined, object][])('the transaction %j reads as %j', (json, transaction) => {
  expect(readTransaction(json)).toEqual(transaction)
})

it('topics are named like those of OpenWhisk', () => {
  expect([invokerTopic(3), completedTopic('controller-a')]).toEqual(['invoker3', 'completedcontroller-a'])
})
