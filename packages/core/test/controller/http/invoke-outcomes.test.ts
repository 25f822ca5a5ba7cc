import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PlatformError, type ErrorCode } from '../../../src/errors.ts'
import { DEFAULT_PLATFORM_LIMITS } from '../../../src/model/platform-limits.ts'
import { ApiClient, errorOf } from '../api-client.ts'
import { ACTIVATION_ID, finished, ScriptedActivator } from '../scripted-activator.ts'
import { TestController } from '../test-controller.ts'

let controller: TestController
let api: ApiClient
const activator = new ScriptedActivator()

beforeAll(async () => {
  const limits = { ...DEFAULT_PLATFORM_LIMITS, maxBlockingWaitMs: 5000 }
  controller = await TestController.start({ activator, parts: { limits } })
  api = new ApiClient(controller)
  await api.putAction('a')
})

afterAll(() => controller.stop())

describe('what the activator is asked', () => {
  it('is the payload exactly as the client wrote it', async () => {
    const body = '{ "n": 1.0,\n "big": 12345678901234567890 }'
    await api.invoke('a', body)
    expect(activator.last.payload?.text).toBe(body)
  })

  it('has no payload when there is no body', async () => {
    await api.invoke('a')
    expect(activator.last).not.toHaveProperty('payload')
  })

  it('says who calls, what is called and in which transaction', async () => {
    await api.send('POST', '/api/v1/namespaces/_/actions/a', {}, { 'x-request-id': 't1', 'x-ow-extra-logging': 'on' })
    const { user, target, transaction, blocking } = activator.last
    expect(user).toMatchObject({ subject: 'owner-subject', namespace: { name: 'owner' } })
    expect(target).toMatchObject({ action: { path: 'owner', name: 'a' }, revision: expect.any(String) })
    expect(transaction).toMatchObject({ id: 't1', extraLogging: true })
    expect(blocking).toBe(false)
  })

  it('waits as long as the platform allows when the client does not say', async () => {
    await api.invoke('a', {}, '?blocking=true')
    expect(activator.last).toMatchObject({ blocking: true, waitMs: 5000 })
  })

  it('waits as long as the client says', async () => {
    await api.invoke('a', {}, '?blocking=true&timeout=1234')
    expect(activator.last).toMatchObject({ blocking: true, waitMs: 1234 })
  })

  it('cannot be made to wait longer than the platform allows', async () => {
    const response = await api.invoke('a', {}, '?blocking=true&timeout=5001')
    expect(errorOf(response)).toContain('Timeout must be number of milliseconds up to 5000.')
  })

  it('names the binding through which the action was called', async () => {
    await controller.makePackage({ package: 'p', parameters: [{ key: 'x', value: 1 }] }, 'owner')
    await controller.makePackage({ package: 'b', binding: { namespace: 'owner', name: 'p' } }, 'owner')
    await api.putAction('p/inner')
    await api.invoke('b/inner')
    expect(activator.last).toMatchObject({
      binding: 'owner/b',
      target: { action: { path: 'owner/p', parameters: [{ key: 'x', value: 1 }] } },
    })
    await api.invoke('p/inner')
    expect(activator.last).not.toHaveProperty('binding')
  })
})

describe('what the client is answered', () => {
  it('is 500 with the record when the platform failed', async () => {
    activator.answer = async () => finished(3, '{"error":"lost"}')
    const response = await api.invoke('a', {}, '?blocking=true')
    expect(response.status).toBe(500)
    expect(JSON.parse(response.text)).toMatchObject({
      response: { status: 'whisk internal error', success: false, result: { error: 'lost' } },
    })
  })

  it('is the result byte by byte, whatever its layout', async () => {
    activator.answer = async () => finished(0, '{ "n": 1.0 }', 12)
    expect((await api.invoke('a', {}, '?blocking=true&result=true')).text).toBe('{ "n": 1.0 }')
    const record = await api.invoke('a', {}, '?blocking=true')
    expect(record.text).toContain('"response":{"status":"success","success":true,"result":{ "n": 1.0 },"size":12}')
    expect(JSON.parse(record.text)).toEqual({
      namespace: 'owner',
      name: 'a',
      version: '0.0.1',
      subject: 'owner-subject',
      activationId: ACTIVATION_ID,
      start: 1000,
      end: 1010,
      duration: 10,
      publish: false,
      response: { status: 'success', success: true, result: { n: 1 }, size: 12 },
      logs: [],
      annotations: [{ key: 'path', value: 'owner/a' }],
    })
  })

  it('is an array bare with the status of the activation', async () => {
    activator.answer = async () => finished(0, ' [1]')
    const response = await api.invoke('a', {}, '?blocking=true')
    expect(response).toMatchObject({ status: 200, text: ' [1]' })
    expect(response.headers['x-openwhisk-activation-id']).toBe(ACTIVATION_ID)
  })

  for (const [what, outcome] of [
    ['no result', finished(0)],
    ['a result that is no object', finished(0, '"text"')],
  ] as const) {
    it(`is a plain 500 when the result alone is asked for and there is ${what}`, async () => {
      activator.answer = async () => outcome
      const response = await api.invoke('a', {}, '?blocking=true&result=true')
      expect(response).toMatchObject({ status: 500, text: 'There was an internal server error.' })
      expect(response.headers['content-type']).toMatch(/^text\/plain/)
    })
  }

  const failures: readonly (readonly [ErrorCode | 'other', number, string])[] = [
    ['ERR_TOO_LARGE', 413, 'The request content is larger than the server is willing or able to process.'],
    ['ERR_UNAVAILABLE', 503, 'The server is currently unavailable (because it is overloaded or down for maintenance).'],
    ['ERR_TIMEOUT', 500, 'There was an internal server error.'],
    ['other', 500, 'There was an internal server error.'],
  ]
  for (const [failure, status, message] of failures) {
    it(`is ${status} when the activator fails with ${failure}`, async () => {
      activator.answer = async () => {
        throw failure === 'other' ? new RangeError('surprise') : new PlatformError(failure, 'told so')
      }
      const response = await api.invoke('a', {})
      expect(response.status).toBe(status)
      expect(errorOf(response)).toBe(message)
      expect(response.headers['x-openwhisk-activation-id']).toBeUndefined()
    })
  }
})
