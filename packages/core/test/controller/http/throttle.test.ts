import { afterEach, describe, expect, it } from 'vitest'
import { PlatformError } from '../../../src/errors.ts'
import type { NamespaceLimits } from '../../../src/model/namespace-limits.ts'
import { DEFAULT_PLATFORM_LIMITS } from '../../../src/model/platform-limits.ts'
import { LocalRateLimiter } from '../../../src/rate-limiter/local-rate-limiter.ts'
import type { EntryDecision, EntryRequest } from '../../../src/rate-limiter/rate-limiter.ts'
import { ApiClient, errorOf } from '../api-client.ts'
import { finished, ScriptedActivator } from '../scripted-activator.ts'
import { OTHER, OWNER, TestController, type TestControllerOptions } from '../test-controller.ts'

let controller: TestController
let activator: ScriptedActivator

async function start(limits: NamespaceLimits, options: TestControllerOptions = {}): Promise<ApiClient> {
  activator = new ScriptedActivator()
  controller = await TestController.start({ identities: [{ ...OWNER, limits }, OTHER], activator, ...options })
  const api = new ApiClient(controller)
  await api.putAction('a')
  return api
}

afterEach(() => controller.stop())

describe('invocations per minute', () => {
  it('beyond the limit of the namespace are 429 with the count and a time to come back', async () => {
    const api = await start({ invocationsPerMinute: 2 })
    expect((await api.invoke('a')).status).toBe(202)
    expect((await api.invoke('a')).status).toBe(202)
    const response = await api.invoke('a')
    expect(response.status).toBe(429)
    expect(errorOf(response)).toBe('Too many requests in the last minute (count: 3, allowed: 2).')
    expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(Number(response.headers['retry-after'])).toBeLessThanOrEqual(60)
  })

  it('are limited by the platform when the namespace has no limit of its own', async () => {
    const api = await start({}, { parts: { limits: { ...DEFAULT_PLATFORM_LIMITS, invocationsPerMinute: 1 } } })
    await api.invoke('a')
    expect(errorOf(await api.invoke('a'))).toBe('Too many requests in the last minute (count: 2, allowed: 1).')
  })

  it('are counted when they are refused too', async () => {
    const api = await start({ invocationsPerMinute: 1 })
    await api.invoke('missing')
    await api.invoke('a')
    expect(errorOf(await api.invoke('a'))).toBe('Too many requests in the last minute (count: 3, allowed: 1).')
  })

  it('are judged before right, size, body and existence', async () => {
    const api = await start({ invocationsPerMinute: 0 })
    expect((await api.invoke('missing')).status).toBe(429)
    expect((await api.send('POST', '/api/v1/namespaces/other/actions/a', {})).status).toBe(429)
    expect((await api.invoke('a', 'no json')).status).toBe(429)
  })

  it('are judged after the name', async () => {
    const api = await start({ invocationsPerMinute: 0 })
    expect((await api.invoke('-a')).status).toBe(400)
  })

  it('do not count reading and writing', async () => {
    const api = await start({ invocationsPerMinute: 0 })
    expect((await api.send('GET', '/api/v1/namespaces/_/actions/a')).status).toBe(200)
  })
})

describe('concurrent invocations', () => {
  it('beyond the limit are 429 with the count and a time to come back', async () => {
    const api = await start({ concurrentInvocations: 2 })
    await api.invoke('a')
    await api.invoke('a')
    const response = await api.invoke('a')
    expect(response.status).toBe(429)
    expect(errorOf(response)).toBe('Too many concurrent requests in flight (count: 2, allowed: 2).')
    expect(response.headers['retry-after']).toBe('1')
  })

  it('give their place back when the activation has settled, and only once', async () => {
    const api = await start({ concurrentInvocations: 1 })
    await api.invoke('a')
    expect((await api.invoke('a')).status).toBe(429)
    const [first] = activator.requests
    first?.onSettled?.()
    expect((await api.invoke('a')).status).toBe(202)
    first?.onSettled?.()
    expect((await api.invoke('a')).status).toBe(429)
  })

  const refusals: readonly (readonly [string, (api: ApiClient) => Promise<{ status: number }>, number])[] = [
    ['is missing', (api) => api.invoke('missing'), 404],
    ['is not allowed', (api) => api.send('POST', '/api/v1/namespaces/other/actions/a', {}), 403],
    ['has a malformed body', (api) => api.invoke('a', '{'), 400],
    [
      'has a body of another type',
      (api) => api.send('POST', '/api/v1/namespaces/_/actions/a', 'x', { 'content-type': 'a/b' }),
      415,
    ],
    ['has a malformed query', (api) => api.invoke('a', {}, '?blocking=x'), 400],
  ]
  for (const [what, refused, status] of refusals) {
    it(`give their place back when the request ${what}`, async () => {
      const api = await start({ concurrentInvocations: 1 })
      expect((await refused(api)).status).toBe(status)
      expect((await api.invoke('a')).status).toBe(202)
    })
  }

  for (const [what, outcome, status] of [
    ['failed', finished(2, '{"error":"no"}'), 400],
    ['is one that the client does not accept', finished(0, '{"ok":true}'), 406],
  ] as const) {
    it(`of web actions keep their place until they have ended, also where the result ${what}`, async () => {
      const api = await start({ concurrentInvocations: 1 })
      await api.putAction('page', { annotations: [{ key: 'web-export', value: true }] })
      activator.answer = async () => outcome
      const path = '/api/v1/web/owner/default/page.json'
      expect((await api.send('GET', path, undefined, { accept: 'text/plain' })).status).toBe(status)
      // Its result was there before its slot was free.
      expect((await api.invoke('a')).status).toBe(429)
      activator.last.onSettled?.()
      expect((await api.invoke('a')).status).not.toBe(429)
    })
  }

  it('give their place back when the activator refuses', async () => {
    const api = await start({ concurrentInvocations: 1 })
    activator.answer = () => Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'nobody there'))
    expect((await api.invoke('a')).status).toBe(503)
    activator.answer = async () => ({ activationId: 'x' })
    expect((await api.invoke('a')).status).toBe(202)
  })
})

describe('a rate limiter', () => {
  class SlowLimiter extends LocalRateLimiter {
    // @ts-expect-error the local limiter promises an answer at once, the contract does not
    override async enter(request: EntryRequest): Promise<EntryDecision> {
      return super.enter(request)
    }
  }

  it('may answer with a promise', async () => {
    const api = await start(
      { concurrentInvocations: 1, invocationsPerMinute: 2 },
      { parts: { rateLimiter: new SlowLimiter() } },
    )
    expect((await api.invoke('a')).status).toBe(202)
    expect(errorOf(await api.invoke('a'))).toMatch(/^Too many concurrent/)
    expect(errorOf(await api.invoke('a'))).toMatch(/^Too many requests/)
  })

  it('that does not answer stops nobody', async () => {
    class DeadLimiter extends LocalRateLimiter {
      override enter(): EntryDecision {
        throw new PlatformError('ERR_UNAVAILABLE', 'limiter is down')
      }
      override leave(): void {
        throw new Error('nothing was entered')
      }
    }
    const api = await start({ invocationsPerMinute: 0 }, { parts: { rateLimiter: new DeadLimiter() } })
    expect((await api.invoke('a')).status).toBe(202)
    activator.last.onSettled?.()
  })
})
