import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '@stemcell/conformance'
import { PlatformError } from '../../../src/errors.ts'
import { silentLogger, type Logger } from '../../../src/log.ts'
import { ENTITY_INDEXES } from '../../../src/store/entity-store.ts'
import { MemoryDocumentStore } from '../../../src/store/memory-document-store.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import type { Credentials } from '../../../src/auth/auth.ts'
import { StaticAuth } from '../../../src/auth/static-auth.ts'
import type { Identity } from '../../../src/model/identity.ts'
import { DEFAULT_PLATFORM_LIMITS } from '../../../src/model/platform-limits.ts'
import { ACTIONS, ApiClient, errorOf } from '../api-client.ts'
import { MemoryActivationStore } from '../../../src/store/memory-activation-store.ts'
import { ACTIVATION_ID, ScriptedActivator } from '../scripted-activator.ts'
import { basicAuth, OTHER, OWNER, TestController, type TestControllerOptions } from '../test-controller.ts'

const patience = { uniqueName: 'unused', patienceMs: 5000 }
let controller: TestController

async function start(options: TestControllerOptions = {}): Promise<ApiClient> {
  controller = await TestController.start(options)
  return new ApiClient(controller)
}

afterEach(() => controller.stop())

/** Writes raw bytes and returns all that comes back until the server closes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(controller.port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => (answer += chunk))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('a store that fails', () => {
  class FailingStore extends MemoryDocumentStore {
    failure: Error | undefined
    constructor() {
      super(ENTITY_INDEXES)
    }
    override get(id: string): ReturnType<MemoryDocumentStore['get']> {
      return this.failure ? Promise.reject(this.failure) : super.get(id)
    }
  }

  for (const [failure, status, message] of [
    [new PlatformError('ERR_CORRUPT', 'x'), 500, 'Resource is corrupted and cannot be read.'],
    [new PlatformError('ERR_UNAVAILABLE', 'x'), 503, /^The server is currently unavailable/],
    [new PlatformError('ERR_CLOSED', 'x'), 503, /^The server is currently unavailable/],
    [new PlatformError('ERR_UNSUPPORTED', 'x'), 500, 'There was an internal server error.'],
  ] as const) {
    it(`with ${failure.code} is answered with ${status}`, async () => {
      const entityStore = new FailingStore()
      const api = await start({ parts: { entityStore } })
      entityStore.failure = failure
      const response = await api.send('GET', `${ACTIONS}/a`)
      expect(response.status).toBe(status)
      expect(errorOf(response)).toMatch(message)
    })
  }

  it('in an unforeseen way is answered with a plain 500, and logged', async () => {
    const logged: object[] = []
    const logger: Logger = { ...silentLogger, error: (fields) => void logged.push(fields) }
    const entityStore = new FailingStore()
    const api = await start({ parts: { entityStore, logger } })
    const failure = new RangeError('surprise')
    entityStore.failure = failure
    const { status, text, headers } = await api.send('GET', `${ACTIONS}/a`, undefined, { 'x-request-id': 't' })
    expect({ status, text }).toEqual({ status: 500, text: 'There was an internal server error.' })
    expect(headers['content-type']).toBe('text/plain; charset=UTF-8')
    expect(logged).toEqual([{ err: failure, transactionId: 't' }])
  })

  it('once does not fail for ever', async () => {
    const entityStore = new FailingStore()
    const api = await start({ parts: { entityStore } })
    await api.putAction('a')
    entityStore.failure = new PlatformError('ERR_UNAVAILABLE', 'x')
    expect((await api.invoke('a')).status).toBe(503)
    entityStore.failure = undefined
    expect((await api.invoke('a')).status).toBe(202)
  })
})

it('a document that cannot be understood is a 500', async () => {
  const api = await start()
  await controller.parts.entityStore.put('owner/a', { exec: 1, entityType: 'action', namespace: 'owner', name: 'a' })
  const response = await api.send('GET', `${ACTIONS}/a`)
  expect(response.status).toBe(500)
  expect(errorOf(response)).toBe('Resource is corrupted and cannot be read.')
})

it('code whose attachment is gone is a 500, but the rest of the action can be read', async () => {
  const api = await start()
  await api.putAction('a', { exec: { kind: 'nodejs:20', code: 'x'.repeat(20_001) } })
  const { entityStore } = controller.parts
  const stored = await entityStore.get('owner/a')
  await entityStore.put('owner/a', stored!.document, { revision: stored!.revision })
  expect((await api.send('GET', `${ACTIONS}/a`)).status).toBe(500)
  expect((await api.send('GET', `${ACTIONS}/a?code=false`)).status).toBe(200)
})

it('an update that loses a race is 409', async () => {
  class RacingStore extends MemoryDocumentStore {
    rival: (() => Promise<void>) | undefined
    override async put(...args: Parameters<MemoryDocumentStore['put']>): ReturnType<MemoryDocumentStore['put']> {
      const { rival } = this
      this.rival = undefined
      await rival?.()
      return super.put(...args)
    }
  }
  const entityStore = new RacingStore(ENTITY_INDEXES)
  const api = await start({ parts: { entityStore } })
  await api.putAction('a')
  entityStore.rival = () => api.putAction('a')
  const response = await api.send('PUT', `${ACTIONS}/a?overwrite=true`, { publish: true })
  expect(response.status).toBe(409)
  expect(errorOf(response)).toBe('Concurrent modification to resource detected.')
  expect((await api.send('GET', `${ACTIONS}/a`)).text).toContain('"publish":false')
})

it('an auth that answers with a promise is waited for', async () => {
  class SlowAuth extends StaticAuth {
    // @ts-expect-error the static auth promises an answer at once, the contract does not
    override async authenticate(credentials: Credentials): Promise<Identity | undefined> {
      return super.authenticate(credentials)
    }
  }
  const api = await start({ parts: { auth: new SlowAuth([OWNER, OTHER]) } })
  expect((await api.send('GET', ACTIONS)).status).toBe(200)
  expect((await api.send('GET', ACTIONS, undefined, { authorization: 'Basic YTpi' })).status).toBe(401)
})

it('an auth that finds its data damaged is a 500', async () => {
  const api = await start({ parts: { auth: new StaticAuth([OWNER, { ...OWNER, namespace: 'twin' }]) } })
  expect((await api.send('GET', ACTIONS)).status).toBe(500)
})

describe('a client', () => {
  it('that sends no HTTP is told so with an error object', async () => {
    await start()
    const answer = await raw('nonsense\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nX-Request-ID: [A-Za-z0-9]{32}\r\n/)
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ error: expect.any(String) })
  })

  it('that sends too many headers is told so', async () => {
    await start()
    expect(await raw(`GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('that sends more than it may, without saying so, is cut off with 413', async () => {
    const parts = {
      limits: {
        ...DEFAULT_PLATFORM_LIMITS,
        maxRequestBytes: 1000,
      },
    }
    await start({ parts })
    const head = `PUT ${ACTIONS}/a HTTP/1.1\r\nHost: a\r\nAuthorization: ${basicAuth(OWNER)}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const answer = await raw(`${head}800\r\n${' '.repeat(0x800)}\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/text\/plain/)
  })

  it('that leaves while it waits costs nothing but its answer', async () => {
    const activator = new ScriptedActivator()
    let finish: (() => void) | undefined
    activator.answer = () => new Promise((resolve) => (finish = () => resolve({ activationId: 'x' })))
    const api = await start({ activator })
    await api.putAction('a')
    const socket = connect(controller.port, '127.0.0.1')
    socket.write(`POST ${ACTIONS}/a?blocking=true HTTP/1.1\r\nHost: a\r\nAuthorization: ${basicAuth(OWNER)}\r\n\r\n`)
    await eventually('the activation begins', patience, () => finish !== undefined)
    await new Promise<void>((resolve) => {
      socket.on('close', () => resolve())
      socket.destroy()
    })
    finish?.()
    expect((await api.send('GET', ACTIONS)).status).toBe(200)
  })

  it('is answered with 503 when nothing has come of its request in time', async () => {
    const clock = new VirtualClock()
    const activator = new ScriptedActivator()
    activator.answer = () => new Promise(() => undefined)
    const api = await start({ activator, parts: { clock } })
    await api.putAction('a')
    const waiting = api.invoke('a', {}, '?blocking=true')
    await eventually('the activation begins', patience, () => activator.requests.length === 1)
    await clock.advance(64_000)
    const quick = await api.send('GET', ACTIONS)
    expect(quick.status).toBe(200)
    await clock.advance(2000)
    const response = await waiting
    expect(response.status).toBe(503)
    expect(errorOf(response)).toBe('The server was not able to produce a timely response to your request.')
  })

  describe('hears of what was accepted when the time for an answer is over, also', () => {
    const WEB = '/api/v1/web/owner/default/a'
    let clock: VirtualClock

    /** A platform whose activations are accepted, and never come to anything more. */
    async function accepting(parts: TestControllerOptions['parts'] = {}): Promise<ApiClient> {
      clock = new VirtualClock()
      const activator = new ScriptedActivator()
      activator.answer = (request) => {
        request.onAccepted?.(ACTIVATION_ID)
        return request.blocking ? new Promise(() => undefined) : Promise.resolve({ activationId: ACTIVATION_ID })
      }
      const api = await start({ activator, parts: { clock, ...parts } })
      await api.putAction('a', { annotations: [{ key: 'web-export', value: true }] })
      return api
    }

    async function answerInTheEnd<T>(what: Promise<T>): Promise<T> {
      let isOver = false
      void what.finally(() => (isOver = true))
      await eventually('the time is over', patience, async () => {
        await clock.advance(70_000)
        return isOver
      })
      return what
    }

    it.each(['?blocking=true', '?blocking=true&result=true'])('of an action %s', async (query) => {
      const api = await accepting()
      const { status, text, headers } = await answerInTheEnd(api.invoke('a', {}, query))
      expect({ status, text }).toEqual({ status: 202, text: JSON.stringify({ activationId: ACTIVATION_ID }) })
      expect(headers['x-openwhisk-activation-id']).toBe(ACTIVATION_ID)
    })

    it('of a web action', async () => {
      const api = await accepting()
      const { status, text, headers } = await answerInTheEnd(api.send('GET', `${WEB}.json`))
      expect(status).toBe(202)
      expect(JSON.parse(text)).toMatchObject({ error: 'Response not yet ready.' })
      expect(headers['x-openwhisk-activation-id']).toBe(ACTIVATION_ID)
      expect(headers['access-control-allow-origin']).toBe('*')
    })

    it('of a trigger whose rules were fired while the store hangs', async () => {
      class HangingStore extends MemoryActivationStore {
        override put(): Promise<never> {
          return new Promise(() => undefined)
        }
      }
      const api = await accepting({ activationStore: new HangingStore() })
      const at = ACTIONS.replace(/actions$/, '')
      await api.send('PUT', `${at}triggers/t`, {})
      await api.send('PUT', `${at}rules/r`, { trigger: '/_/t', action: '/_/a' })
      const { status, text } = await answerInTheEnd(api.send('POST', `${at}triggers/t`, {}))
      expect(status).toBe(202)
      expect(JSON.parse(text)).toEqual({ activationId: expect.stringMatching(/^[0-9a-f]{32}$/) })
    })
  })
})
