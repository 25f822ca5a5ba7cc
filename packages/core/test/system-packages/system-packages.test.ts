import { afterEach, describe, expect, it, vi } from 'vitest'
import { assemble } from '../../src/assembly/assemble.ts'
import type { EmbeddedClient } from '../../src/assembly/embedded-client.ts'
import type { Platform } from '../../src/assembly/platform.ts'
import type { PlatformOptions } from '../../src/assembly/platform-options.ts'
import { MemoryActivationStore } from '../../src/store/memory-activation-store.ts'
import { memoryContainers } from '../../src/container/memory-containers.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { SystemActionError, type SystemCall, type SystemPackage } from '../../src/system-packages/system-package.ts'
import { recordingLogger } from './recording-logger.ts'

const greeter = (run: (call: SystemCall) => JsonObject | Promise<JsonObject>, more: object = {}): SystemPackage => ({
  name: 'greeter',
  description: 'Greets',
  parameters: { greeting: 'Hello', from: 'package' },
  actions: [
    {
      name: 'greet',
      description: 'Greets somebody',
      takes: [{ name: 'name', required: true }],
      parameters: { name: 'stranger' },
      annotations: { 'web-export': true },
      run,
      ...more,
    },
    {
      name: 'listen',
      annotations: { feed: true },
      run: ({ parameters }) => ({ heard: parameters['lifecycleEvent']! }),
    },
  ],
})

const greet = ({ parameters: { greeting, name } }: SystemCall): JsonObject => ({
  said: `${greeting as string}, ${name as string}`,
})

describe('system packages', () => {
  let platform: Platform | undefined
  afterEach(async () => {
    await platform?.close()
    platform = undefined
  })

  async function start(
    pkg: SystemPackage,
    options: Partial<PlatformOptions> = {},
  ): Promise<{ readonly guest: EmbeddedClient; readonly operator: EmbeddedClient }> {
    platform = await assemble({ containers: memoryContainers(), systemPackages: [pkg], ...options })
    await platform.subjects.createUser('guest')
    await platform.subjects.createUser('operator', { namespace: 'whisk.system' })
    return { guest: await platform.client('guest'), operator: await platform.client('whisk.system') }
  }

  it('are listed and described as packages of whisk.system are', async () => {
    const { guest } = await start(greeter(greet))
    const listed = await guest.request('GET', '/api/v1/namespaces/whisk.system/packages')
    expect(listed.body).toMatchObject([{ name: 'greeter', namespace: 'whisk.system', publish: true, binding: false }])
    const counted = await guest.request('GET', '/api/v1/namespaces/whisk.system/packages?count=true')
    expect(counted.body).toEqual({ packages: 1 })
    const found = await guest.request('GET', '/api/v1/namespaces/whisk.system/packages/greeter')
    expect(found.body).toMatchObject({
      name: 'greeter',
      actions: [{ name: 'greet' }],
      feeds: [{ name: 'listen' }],
      annotations: [{ key: 'description', value: 'Greets' }],
    })
    const action = await guest.request('GET', '/api/v1/namespaces/whisk.system/actions/greeter/greet')
    expect(action).toMatchObject({
      status: 200,
      body: { namespace: 'whisk.system/greeter', name: 'greet', exec: { kind: 'stemcell:system' } },
    })
  })

  it('run with package, action and caller’s parameters laid over each other, and leave a record', async () => {
    const { guest } = await start(greeter((call) => (call.log('greeted'), greet(call))))
    const { status, body } = await guest.request(
      'POST',
      '/api/v1/namespaces/whisk.system/actions/greeter/greet?blocking=true',
      { greeting: 'Hi' },
    )
    expect(status).toBe(200)
    expect(body).toMatchObject({ response: { success: true, result: { said: 'Hi, stranger' } }, namespace: 'guest' })
    const record = await guest.request('GET', `activations/${(body as JsonObject)['activationId'] as string}`)
    expect(record.body).toMatchObject({
      name: 'greet',
      response: { result: { said: 'Hi, stranger' } },
      logs: [expect.stringMatching(/^\d{4}-.*Z stdout: greeted$/)],
      annotations: expect.arrayContaining([
        { key: 'path', value: 'whisk.system/greeter/greet' },
        { key: 'kind', value: 'stemcell:system' },
        { key: 'timeout', value: false },
      ]) as unknown,
    })
  })

  it('are bound, put into sequences and rules, and called over the web', async () => {
    const { guest } = await start(greeter(greet))
    const binding = {
      binding: { namespace: 'whisk.system', name: 'greeter' },
      parameters: [{ key: 'greeting', value: 'Ahoy' }],
    }
    expect((await guest.request('PUT', 'packages/mine', binding)).status).toBe(200)
    expect(await guest.invoke('mine/greet', { name: 'you' })).toMatchObject({
      response: { result: { said: 'Ahoy, you' } },
    })

    await guest.putAction('twice', {
      exec: { kind: 'sequence', components: ['/whisk.system/greeter/greet', '/guest/mine/greet'] },
    })
    const sequence = await guest.invoke('twice', { name: 'you' })
    expect(sequence).toMatchObject({ response: { result: { said: 'Ahoy, stranger' } } })
    expect(sequence['logs']).toHaveLength(2)

    await guest.request('PUT', 'triggers/t', {})
    await guest.request('PUT', 'rules/r', { trigger: '/guest/t', action: '/whisk.system/greeter/greet' })
    const fired = await guest.request('POST', 'triggers/t', { name: 'rule' })
    expect(fired.status).toBe(202)
    await vi.waitFor(async () => {
      const { body } = await guest.request('GET', 'activations?name=greeter/greet&docs=true&limit=1')
      expect(body).toMatchObject([{ response: { result: { said: 'Hello, rule' } } }])
    })
  })

  it.each([
    ['an error in the result', () => ({ error: 'no' }), 502, { error: 'no' }, 'application error'],
    [
      'a SystemActionError',
      () => {
        throw new SystemActionError({ statusCode: 400, message: 'no' })
      },
      502,
      { error: { statusCode: 400, message: 'no' } },
      'application error',
    ],
    [
      'another error',
      () => {
        throw new Error('secret')
      },
      500,
      { error: 'The action failed: the log of the platform says why.' },
      'whisk internal error',
    ],
    ['a result that is no object', () => 'text' as unknown as JsonObject, 502, undefined, 'action developer error'],
  ])('answer %s as containers do', async (_name, run, status, result, text) => {
    const logger = recordingLogger()
    const { guest } = await start(greeter(run), { logger })
    const answer = await guest.request(
      'POST',
      '/api/v1/namespaces/whisk.system/actions/greeter/greet?blocking=true',
      {},
    )
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ response: { status: text, ...(result && { result }) } })
    expect(JSON.stringify(answer.body)).not.toContain('secret')
    expect(logger.lines.filter(({ message }) => message === 'action of a system package failed')).toHaveLength(
      status === 500 ? 1 : 0,
    )
  })

  it('are given up at their time limit, and told so', async () => {
    let aborted = false
    const endless = (call: SystemCall): Promise<JsonObject> =>
      new Promise(() => call.signal.addEventListener('abort', () => (aborted = true)))
    const { guest } = await start(greeter(endless, { timeoutMs: 100 }))
    const answer = await guest.request(
      'POST',
      '/api/v1/namespaces/whisk.system/actions/greeter/greet?blocking=true',
      {},
    )
    expect(answer.body).toMatchObject({
      response: { result: { error: 'The action exceeded its time limits of 100 milliseconds.' } },
    })
    expect(aborted).toBe(true)
  })

  it('leave a record when the platform closes under them', async () => {
    const endless = (): Promise<JsonObject> => new Promise(() => undefined)
    const activationStore = new MemoryActivationStore()
    const put = vi.spyOn(activationStore, 'put')
    const { guest } = await start(greeter(endless), { activationStore })
    const accepted = await guest.request('POST', '/api/v1/namespaces/whisk.system/actions/greeter/greet', {})
    expect(accepted.status).toBe(202)
    const closed = platform!.close()
    platform = undefined
    await closed
    const { activationId } = accepted.body as { activationId: string }
    const record = put.mock.calls.map(([stored]) => stored).find((stored) => stored.activationId === activationId)
    expect(record?.response.statusCode).toBe(3)
  })

  it('act for their caller', async () => {
    const { guest } = await start(
      greeter(async ({ client }) => ({ namespaces: (await client.request('GET', '/api/v1/namespaces')).body! })),
    )
    const answer = await guest.request(
      'POST',
      '/api/v1/namespaces/whisk.system/actions/greeter/greet?blocking=true&result=true',
      {},
    )
    expect(answer.body).toEqual({ namespaces: ['guest'] })
  })

  it('cannot be changed by users, nor by halves', async () => {
    const { guest, operator } = await start(greeter(greet))
    const code = { exec: { kind: 'nodejs:default', code: 'function main() { return {} }' } }
    const path = '/api/v1/namespaces/whisk.system/actions/greeter/greet?overwrite=true'
    expect((await guest.request('PUT', path, code)).status).toBe(403)
    expect((await operator.request('PUT', path, code)).status).toBe(409)
    expect((await operator.request('DELETE', '/api/v1/namespaces/whisk.system/packages/greeter')).status).toBe(409)
  })

  it('give way, whole, to a package of their name that the operator has stored', async () => {
    const { guest, operator } = await start(greeter(greet))
    const path = '/api/v1/namespaces/whisk.system'
    expect((await operator.request('PUT', `${path}/packages/greeter?overwrite=true`, { publish: true })).status).toBe(
      200,
    )
    const body = { exec: { kind: 'nodejs:default', code: 'function main() { return { said: "mine" } }' } }
    expect((await operator.request('PUT', `${path}/actions/greeter/greet`, body)).status).toBe(200)
    const answer = await guest.request('POST', `${path}/actions/greeter/greet?blocking=true&result=true`, {})
    expect(answer.body).toEqual({ said: 'mine' })
    expect((await guest.request('GET', `${path}/packages/greeter`)).body).toMatchObject({ feeds: [], actions: [{}] })
  })

  it('are opened after the controller and closed before it', async () => {
    const seen: string[] = []
    let client: EmbeddedClient | undefined
    const pkg: SystemPackage = {
      ...greeter(greet),
      open: async () => void seen.push('open'),
      close: async () => void seen.push(`close ${(await client!.request('GET', '/ping')).status}`),
    }
    client = (await start(pkg)).guest
    await platform!.close()
    expect(seen[0]).toBe('open')
    expect(seen[1]).toBe('close 200')
  })

  it.each([
    ['two of one name', [greeter(greet), greeter(greet)], /two called 'greeter'/],
    ['an illegal name', [{ ...greeter(greet), name: 'a/b' }], /illegal characters/],
    ['no actions', [{ name: 'empty', actions: [] }], /has no actions/],
  ])('are refused at the start: %s', async (_name, systemPackages, message) => {
    await expect(assemble({ containers: memoryContainers(), systemPackages })).rejects.toThrow(message)
  })
})
