import { afterEach, describe, expect, it } from 'vitest'
import { PlatformError } from '../../../src/errors.ts'
import { silentLogger, type Logger } from '../../../src/log.ts'
import type { Activation } from '../../../src/model/activation.ts'
import type { NamespaceLimits } from '../../../src/model/namespace-limits.ts'
import { MemoryActivationStore } from '../../../src/store/memory-activation-store.ts'
import { ApiClient, errorOf } from '../api-client.ts'
import { ACTIVATION_ID, ScriptedActivator } from '../scripted-activator.ts'
import { basicAuth, OTHER, OWNER, TestController, type TestControllerOptions } from '../test-controller.ts'

const NS = '/api/v1/namespaces/_'
let controller: TestController
let activator: ScriptedActivator

async function start(options: TestControllerOptions & { readonly limits?: NamespaceLimits } = {}): Promise<ApiClient> {
  activator = new ScriptedActivator()
  const identities = [options.limits ? { ...OWNER, limits: options.limits } : OWNER, OTHER]
  controller = await TestController.start({ identities, activator, ...options })
  return new ApiClient(controller)
}

/** Makes an action, a trigger `t`, and rules of these names that lead from one to the other. */
async function link(
  api: ApiClient,
  rules: readonly string[],
  trigger: object = {},
  action: object = {},
): Promise<void> {
  await api.putAction('a', action)
  expect((await api.send('PUT', `${NS}/triggers/t`, trigger)).status).toBe(200)
  for (const rule of rules) await addRule(api, rule, '/_/a')
}

async function addRule(api: ApiClient, name: string, action: string): Promise<void> {
  const { status, text } = await api.send('PUT', `${NS}/rules/${name}`, { trigger: '/_/t', action })
  if (status !== 200) throw new Error(`PUT ${name}: ${status} ${text}`)
}

/** Fires `t` and answers with its record. */
async function fire(api: ApiClient, body?: unknown, headers: Record<string, string> = {}): Promise<Activation> {
  const { status, text } = await api.send('POST', `${NS}/triggers/t`, body, headers)
  expect({ status, text }).toMatchObject({ status: 202 })
  const { activationId } = JSON.parse(text) as { activationId: string }
  const record = await controller.parts.activationStore.get('owner', activationId)
  if (!record) throw new Error('no record')
  return record
}

function lines({ logs }: Activation): Record<string, unknown>[] {
  return logs.map((line) => JSON.parse(line) as Record<string, unknown>)
}

afterEach(() => controller.stop())

describe('the action of a rule', () => {
  it('gets the payload over the headers of the request over the parameters of the trigger', async () => {
    const api = await start()
    await link(api, ['r'], {
      parameters: [
        { key: 'a', value: 'trigger' },
        { key: 'b', value: 'trigger' },
        { key: '__ow_headers', value: 'trigger' },
      ],
    })
    await fire(api, { b: 'payload', c: { d: [1] } }, { 'X-Custom': 'Some Value', 'x-ow-extra-logging': 'on' })
    expect(activator.last.payload?.value).toEqual({
      a: 'trigger',
      b: 'payload',
      c: { d: [1] },
      __ow_headers: {
        authorization: basicAuth(OWNER),
        host: `127.0.0.1:${controller.port}`,
        'x-custom': 'Some Value',
      },
    })
  })

  it('gets headers that the payload brings along', async () => {
    const api = await start()
    await link(api, ['r'])
    await fire(api, { __ow_headers: 1 })
    expect(activator.last.payload?.value).toEqual({ __ow_headers: 1 })
  })

  it('gets a member called __proto__ as any other', async () => {
    const api = await start()
    await link(api, ['r'])
    await fire(api, '{"__proto__":{"x":1}}')
    expect(Object.keys(activator.last.payload?.value ?? {})).toEqual(['__ow_headers', '__proto__'])
  })

  it('is invoked by the one who fires, without waiting, without a cause, under the same transaction', async () => {
    const api = await start()
    await link(api, ['r'])
    await fire(api, {}, { 'x-request-id': 'same' })
    const { user, blocking, cause, binding, transaction, target } = activator.last
    expect(user.namespace.name).toBe('owner')
    expect([blocking, cause, binding, transaction.id]).toEqual([false, undefined, undefined, 'same'])
    expect(target.action).toMatchObject({ path: 'owner', name: 'a' })
  })

  it('is found through a binding, with the parameters of package and binding', async () => {
    const api = await start()
    await link(api, [])
    await api.send('PUT', `${NS}/packages/p`, { parameters: [{ key: 'k', value: 'package' }] })
    await api.send('PUT', `${NS}/packages/b`, {
      binding: { namespace: '_', name: 'p' },
      parameters: [{ key: 'l', value: 'binding' }],
    })
    await api.putAction('p/a')
    await addRule(api, 'r', '/_/b/a')
    expect(lines(await fire(api))).toEqual([
      { statusCode: 0, success: true, activationId: ACTIVATION_ID, rule: 'owner/r', action: 'owner/b/a' },
    ])
    expect(activator.last.binding).toBe('owner/b')
    expect(activator.last.target.action).toMatchObject({
      path: 'owner/p',
      parameters: [
        { key: 'k', value: 'package' },
        { key: 'l', value: 'binding' },
      ],
    })
  })

  it('keeps its place among the concurrent ones until it has ended', async () => {
    const api = await start({ limits: { concurrentInvocations: 1 } })
    await link(api, ['r'])
    await fire(api)
    expect((await api.invoke('a')).status).toBe(429)
    activator.last.onSettled?.()
    expect((await api.invoke('a')).status).toBe(202)
  })
})

describe('the log of a fired trigger', () => {
  it('has the rules in the order in which they were linked', async () => {
    const api = await start()
    await link(api, ['c', 'a1', 'b'])
    expect(lines(await fire(api)).map(({ rule }) => rule)).toEqual(['owner/c', 'owner/a1', 'owner/b'])
  })

  it('has a rule last that was switched off and on again', async () => {
    const api = await start()
    await link(api, ['c', 'a1', 'b'])
    for (const status of ['inactive', 'active']) await api.send('POST', `${NS}/rules/c`, { status })
    expect(lines(await fire(api)).map(({ rule }) => rule)).toEqual(['owner/a1', 'owner/b', 'owner/c'])
  })

  it('has the fields of each line in their order', async () => {
    const api = await start()
    await link(api, ['r', 's'])
    await api.send('POST', `${NS}/rules/s`, { status: 'inactive' })
    expect((await fire(api)).logs).toEqual([
      `{"statusCode":0,"success":true,"activationId":"${ACTIVATION_ID}","rule":"owner/r","action":"owner/a"}`,
      `{"statusCode":1,"success":false,"error":"Rule 'owner/s' is inactive, action 'owner/a' was not activated.","rule":"owner/s","action":"owner/a"}`,
    ])
  })

  it('waits for the last post that is answered', async () => {
    const api = await start()
    await link(api, ['r', 's'])
    let answer = (): void => undefined
    const held = new Promise<void>((resolve) => (answer = resolve))
    let posts = 0
    activator.answer = async () => {
      posts++
      if (posts === 2) answer()
      await held
      return { activationId: ACTIVATION_ID }
    }
    expect(lines(await fire(api))).toHaveLength(2)
  })

  for (const [failure, statusCode, error] of [
    [
      new PlatformError('ERR_UNAVAILABLE', 'secret'),
      3,
      'The server is currently unavailable (because it is overloaded or down for maintenance).',
    ],
    [
      new PlatformError('ERR_TOO_LARGE', 'secret'),
      1,
      'The request content is larger than the server is willing or able to process.',
    ],
    [new RangeError('secret'), 3, 'There was an internal server error.'],
  ] as const) {
    it(`says ${statusCode} of an activation that failed with ${failure.name} ${String('code' in failure && failure.code)}`, async () => {
      const api = await start()
      await link(api, ['r'])
      activator.answer = () => Promise.reject(failure)
      expect(lines(await fire(api))).toEqual([
        { statusCode, success: false, error, rule: 'owner/r', action: 'owner/a' },
      ])
    })
  }

  it('says of one rule that it failed and of the other that it did not', async () => {
    const api = await start()
    await link(api, ['r', 's'])
    activator.answer = ({ target }) =>
      activator.requests.length === 1
        ? Promise.reject(new PlatformError('ERR_UNAVAILABLE', target.action.name))
        : Promise.resolve({ activationId: ACTIVATION_ID })
    expect(lines(await fire(api)).map(({ statusCode }) => statusCode)).toEqual([3, 0])
  })

  it('says that a payload overrides what the action declares final', async () => {
    const api = await start()
    await link(api, ['r'], {}, { annotations: [{ key: 'final', value: true }], parameters: [{ key: 'k', value: 1 }] })
    expect(lines(await fire(api, { k: 2 }))).toMatchObject([
      { statusCode: 1, error: 'Request defines parameters that are not allowed (e.g., reserved properties).' },
    ])
    expect(activator.requests).toEqual([])
  })

  it('says that payload and parameters together are too large', async () => {
    const api = await start({ limits: { maxPayloadSize: '1 KB' } })
    await link(api, ['r'], { parameters: [{ key: 'k', value: 'v'.repeat(600) }] })
    expect(lines(await fire(api, { l: 'v'.repeat(600) }))).toMatchObject(
      [{ statusCode: 1, error: /^Request larger than allowed: \d+ > 1024 bytes\.$/ }].map((line) => ({
        ...line,
        error: expect.stringMatching(line.error) as string,
      })),
    )
    expect(activator.requests).toEqual([])
  })

  it('gets a payload that was indented as far as the limit allows', async () => {
    const api = await start({ limits: { maxPayloadSize: '1 KB' } })
    await link(api, ['r'], { parameters: [{ key: 'k', value: 1 }] })
    const body = `{${' '.repeat(1000)}"l": 2 }`
    const headers = { authorization: basicAuth(OWNER), 'content-type': 'application/json' }
    expect((await fetch(`${controller.baseUrl}${NS}/triggers/t`, { method: 'POST', headers, body })).status).toBe(202)
    expect(activator.last.payload?.value).toMatchObject({ k: 1, l: 2 })
    expect(activator.last.payload?.text).toMatch(/^\{"k":1,"__ow_headers":\{.*\},"l":2\}$/)
  })

  it('gets it as it was written where there is room', async () => {
    const api = await start()
    await link(api, ['r'], { parameters: [{ key: 'k', value: 1 }] })
    const body = '{ "l": 1.50 }'
    const headers = { authorization: basicAuth(OWNER), 'content-type': 'application/json' }
    expect((await fetch(`${controller.baseUrl}${NS}/triggers/t`, { method: 'POST', headers, body })).status).toBe(202)
    expect(activator.last.payload?.text).toMatch(/^\{"k":1,"__ow_headers":\{.*\}, "l": 1\.50 \}$/)
  })

  it('says that a package was closed to the one who fires', async () => {
    const api = await start()
    await link(api, [])
    const theirs = { authorization: basicAuth(OTHER) }
    await api.send('PUT', '/api/v1/namespaces/_/packages/p', { publish: true }, theirs)
    const exec = { kind: 'nodejs:20', code: 'x()' }
    await api.send('PUT', '/api/v1/namespaces/_/actions/p/a', { exec }, theirs)
    await addRule(api, 'r', '/other/p/a')
    await api.send('PUT', '/api/v1/namespaces/_/packages/p?overwrite=true', { publish: false }, theirs)
    expect(lines(await fire(api))).toEqual([
      {
        statusCode: 1,
        success: false,
        error: "The supplied authentication is not authorized to access 'other/p'.",
        rule: 'owner/r',
        action: 'other/p/a',
      },
    ])
  })
})

describe('the limits', () => {
  it('of firings per minute are their own, with the count and a time to come back', async () => {
    const api = await start({ limits: { firesPerMinute: 2, invocationsPerMinute: 100 } })
    await link(api, ['r'])
    await fire(api)
    await fire(api)
    const response = await api.send('POST', `${NS}/triggers/t`, {})
    expect(response.status).toBe(429)
    expect(errorOf(response)).toBe('Too many requests in the last minute (count: 3, allowed: 2).')
    expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect((await api.invoke('a')).status).toBe(202)
  })

  it('of firings are judged before right, body and existence', async () => {
    const api = await start({ limits: { firesPerMinute: 0 } })
    expect((await api.send('POST', `${NS}/triggers/missing`, {})).status).toBe(429)
    expect((await api.send('POST', '/api/v1/namespaces/other/triggers/t', {})).status).toBe(429)
    expect((await api.send('POST', `${NS}/triggers/t`, 'no json')).status).toBe(429)
  })

  it('of firings do not count other requests for triggers', async () => {
    const api = await start({ limits: { firesPerMinute: 0 } })
    await link(api, ['r'])
    expect((await api.send('GET', `${NS}/triggers/t`)).status).toBe(200)
  })

  it('of firings count those that lead nowhere', async () => {
    const api = await start({ limits: { firesPerMinute: 1 } })
    expect((await api.send('POST', `${NS}/triggers/missing`, {})).status).toBe(404)
    expect((await api.send('POST', `${NS}/triggers/missing`, {})).status).toBe(429)
  })

  it('of invocations count the actions of rules, in the order of the rules', async () => {
    const api = await start({ limits: { invocationsPerMinute: 2 } })
    await link(api, ['r', 's', 't1'])
    expect(lines(await fire(api))).toMatchObject([
      { statusCode: 0, rule: 'owner/r' },
      { statusCode: 0, rule: 'owner/s' },
      {
        statusCode: 1,
        rule: 'owner/t1',
        error: 'Too many requests in the last minute (count: 3, allowed: 2).',
      },
    ])
  })
})

describe('the record', () => {
  it('is stored once, when the id is answered', async () => {
    const stored: Activation[] = []
    class Counting extends MemoryActivationStore {
      override put(activation: Activation): ReturnType<MemoryActivationStore['put']> {
        stored.push(activation)
        return super.put(activation)
      }
    }
    const api = await start({ parts: { activationStore: new Counting() } })
    await link(api, ['r', 's'])
    const record = await fire(api, { x: 1 })
    expect(stored.map(({ activationId }) => activationId)).toEqual([record.activationId])
    expect(record).toMatchObject({ namespace: 'owner', subject: 'owner-subject', name: 't', annotations: [] })
    expect([record.end, record.duration, record.cause]).toEqual([undefined, undefined, undefined])
  })

  it('is not stored for a namespace that wants none', async () => {
    const api = await start({ limits: { storeActivations: false } })
    await link(api, ['r'])
    const { status, text } = await api.send('POST', `${NS}/triggers/t`, {})
    expect(status).toBe(202)
    const { activationId } = JSON.parse(text) as { activationId: string }
    expect((await api.send('GET', `${NS}/activations/${activationId}`)).status).toBe(404)
  })

  class Unreliable extends MemoryActivationStore {
    failures: PlatformError[] = []
    override put(activation: Activation): ReturnType<MemoryActivationStore['put']> {
      const failure = this.failures.pop()
      return failure ? Promise.reject(failure) : super.put(activation)
    }
  }

  it('is stored again when the store did not answer', async () => {
    const activationStore = new Unreliable()
    const api = await start({ parts: { activationStore } })
    await link(api, ['r'])
    const lost = new PlatformError('ERR_UNAVAILABLE', 'x')
    activationStore.failures = [lost, lost]
    expect((await fire(api)).name).toBe('t')
    expect(activator.requests).toHaveLength(1)
  })

  it('goes without its result when it is too large for the store', async () => {
    const activationStore = new Unreliable()
    const api = await start({ parts: { activationStore } })
    await link(api, ['r'])
    activationStore.failures = [new PlatformError('ERR_TOO_LARGE', 'x')]
    const record = await fire(api)
    expect(record.response.result?.value).toEqual({ error: expect.stringContaining('exceeded the allowed length') })
  })

  it('that the store refuses keeps the id from being given away; the actions run all the same', async () => {
    const logged: { err: unknown }[] = []
    const logger: Logger = { ...silentLogger, error: (fields) => void logged.push(fields as { err: unknown }) }
    const activationStore = new Unreliable()
    const api = await start({ parts: { activationStore, logger } })
    await link(api, ['r'])
    const err = new PlatformError('ERR_CLOSED', 'x')
    activationStore.failures = [err]
    const { status, headers, text } = await api.send('POST', `${NS}/triggers/t`, {})
    expect(status).toBe(503)
    expect(headers['x-openwhisk-activation-id']).toBeUndefined()
    expect(text).not.toContain('activationId')
    expect(logged[0]).toMatchObject({ err, namespace: 'owner', trigger: 't' })
    expect(activator.requests).toHaveLength(1)
  })
})
