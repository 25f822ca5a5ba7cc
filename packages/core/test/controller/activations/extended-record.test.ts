import { expect, it } from 'vitest'
import { extendedRecordText } from '../../../src/controller/activations/extended-record.ts'
import type { Activation } from '../../../src/model/activation.ts'
import { JsonNumber } from '../../../src/model/json-number.ts'
import { JsonText } from '../../../src/model/json-text.ts'

const RECORD: Activation = {
  namespace: 'guest',
  name: 'né"',
  version: '0.0.1',
  subject: 'a\\b',
  activationId: '0'.repeat(32),
  start: 1,
  publish: false,
  response: { statusCode: 0 },
  logs: [],
  annotations: [],
}

it('writes a record as JSON does, without what it does not have', () => {
  expect(extendedRecordText(RECORD)).toBe(
    JSON.stringify({
      namespace: 'guest',
      name: 'né"',
      version: '0.0.1',
      subject: 'a\\b',
      activationId: '0'.repeat(32),
      start: 1,
      publish: false,
      response: { status: 'success', success: true },
      logs: [],
      annotations: [],
    }),
  )
})

it('copies the text of the result, and keeps numbers as they were written', () => {
  const text = extendedRecordText({
    ...RECORD,
    cause: 'c',
    end: 3,
    duration: 2,
    response: { statusCode: 1, result: JsonText.trusted('{ "a" : 1.0 }'), size: 13 },
    logs: ['a "line"', '\n'],
    annotations: [
      { key: 'path', value: 'guest/a' },
      { key: 'x', value: { n: new JsonNumber('1.10') }, init: true, encryption: 'aes' },
    ],
  })
  const { name, activationId } = RECORD
  expect(text).toBe(
    `{"namespace":"guest","name":${JSON.stringify(name)},"version":"0.0.1","subject":"a\\\\b","activationId":"${activationId}",` +
      '"cause":"c","start":1,"end":3,"duration":2,"publish":false,' +
      '"response":{"status":"application error","success":false,"result":{ "a" : 1.0 },"size":13},' +
      '"logs":["a \\"line\\"","\\n"],"annotations":[{"key":"path","value":"guest/a"},' +
      '{"key":"x","value":{"n":1.10},"init":true,"encryption":"aes"}]}',
  )
})
