import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { afterEach, describe, it } from 'vitest'
import type { RawResponse } from '@stemcell/conformance/rest'
import type { PlatformOptions } from '../../../src/assembly/platform-options.ts'
import type { StaticIdentity } from '../../../src/auth/static-auth.ts'
import { ACTIVATION_STORE } from '../../../src/assembly/tokens.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { WebPlatform } from './web-platform.ts'

const PATH = '/api/v1/web/owner/default/hello.json'
const SLOW = 'main = () => new Promise((resolve) => (globalThis.finishWebActions ??= []).push(() => resolve({})))'

let web: WebPlatform | undefined
afterEach(() => web?.close())

async function start(
  options: Partial<PlatformOptions> = {},
  more: readonly Omit<StaticIdentity, 'auth'>[] = [],
): Promise<WebPlatform> {
  web = await WebPlatform.start(options, more)
  return web
}

function errorOf({ text }: RawResponse): unknown {
  return (JSON.parse(text) as { error: unknown }).error
}

const finish = (): void => {
  const scope = globalThis as { finishWebActions?: (() => void)[] }
  for (const resolve of scope.finishWebActions?.splice(0) ?? []) resolve()
}

async function eventually<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + 5000
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    assert.ok(performance.now() < deadline, `${what} did not happen`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('web actions: the owner pays', () => {
  const limited = [
    { namespace: 'busy', limits: { invocationsPerMinute: 2 } },
    { namespace: 'single', limits: { concurrentInvocations: 1 } },
    { namespace: 'small', limits: { maxPayloadSize: '1 KB' } },
    { namespace: 'reader', rights: ['READ', 'PUT'] },
  ] as const

  it('requests beyond the rate of the owner are 429 without CORS headers, whoever calls', async () => {
    const platform = await start({}, limited)
    await platform.putAction('hello', { of: 'busy' })
    const call = (as: string): Promise<RawResponse> =>
      platform.send({
        method: 'GET',
        path: '/api/v1/web/busy/default/hello.json',
        headers: ['authorization', platform.authorization(as)],
      })
    const statuses = [(await call('owner')).status, (await call('other')).status]
    const third = await call('owner')
    assert.deepEqual([...statuses, third.status], [200, 200, 429])
    assert.equal(errorOf(third), 'Too many requests in the last minute (count: 3, allowed: 2).')
    assert.match(third.text, /^\{\n  "error"/)
    assert.equal(third.lines.has('access-control-allow-origin'), false)
  })

  it('OPTIONS and refused requests are counted, missing actions are not', async () => {
    const platform = await start({}, limited)
    await platform.putAction('hello', { of: 'busy', annotations: { 'require-whisk-auth': true } })
    const call = (method: string, name = 'hello'): Promise<RawResponse> =>
      platform.send({ method, path: `/api/v1/web/busy/default/${name}`, headers: [] })
    const statuses: number[] = []
    for (const [method, name] of [['GET', 'gone'], ['OPTIONS'], ['GET'], ['GET'], ['OPTIONS']] as const) {
      statuses.push((await call(method, name)).status)
    }
    assert.deepEqual(statuses, [404, 200, 401, 429, 429])
  })

  it('a namespace has its concurrent requests at most, and gets the place back', async () => {
    const platform = await start({}, limited)
    await platform.putAction('slow', { of: 'single', code: SLOW })
    const call = (method: string): Promise<RawResponse> =>
      platform.send({ method, path: '/api/v1/web/single/default/slow.json', headers: [] })
    // OPTIONS and errors give their place back at once.
    assert.equal((await call('OPTIONS')).status, 200)
    assert.equal((await call('OPTIONS')).status, 200)
    const running = call('GET')
    const refused = await eventually('the refusal', async () => {
      const response = await call('OPTIONS')
      return response.status === 429 ? response : undefined
    })
    assert.equal(errorOf(refused), 'Too many concurrent requests in flight (count: 1, allowed: 1).')
    await eventually('the run', () => {
      finish()
      return Promise.race([running, new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))])
    })
    await eventually('the free place', async () => ((await call('OPTIONS')).status === 200 ? true : undefined))
  })

  it('a client that sends, or goes away while it does, has no place', async () => {
    const platform = await start({}, limited)
    await platform.putAction('hello', { of: 'single' })
    const { hostname, port } = new URL(platform.baseUrl)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.on('error', () => socket.destroy())
    socket.write(
      'POST /api/v1/web/single/default/hello.json HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nonly this',
    )
    const preflight = (): Promise<RawResponse> =>
      platform.send({ method: 'OPTIONS', path: '/api/v1/web/single/default/hello.json', headers: [] })
    for (let i = 0; i < 10; i++) assert.equal((await preflight()).status, 200)
    socket.destroy()
    assert.equal((await preflight()).status, 200)
  })

  it('the payload limit is that of the owner', async () => {
    const platform = await start({}, limited)
    await platform.putAction('hello', { of: 'small' })
    const response = await platform.send({
      method: 'POST',
      path: '/api/v1/web/small/default/hello.json',
      headers: ['authorization', platform.authorization('owner')],
      body: 'x'.repeat(1025),
    })
    assert.equal(response.status, 413)
    assert.equal(errorOf(response), 'Request larger than allowed: 1025 > 1024 bytes.')
  })

  it('an owner who may not activate is 403', async () => {
    const platform = await start({}, limited)
    await platform.putAction('hello', { of: 'reader' })
    const response = await platform.send({ method: 'GET', path: '/api/v1/web/reader/default/hello.json', headers: [] })
    assert.equal(response.status, 403)
    assert.equal(errorOf(response), "The supplied authentication is not authorized to access 'reader/hello'.")
  })

  it('the activation is recorded in the namespace of the owner', async () => {
    const platform = await start()
    await platform.putAction('hello', {})
    const response = await platform.send({
      method: 'GET',
      path: PATH,
      headers: ['authorization', platform.authorization('other')],
    })
    const id = response.lines.get('x-openwhisk-activation-id')?.[0] ?? ''
    const record = await eventually('the record', () => platform.platform.use(ACTIVATION_STORE).get('owner', id))
    assert.deepEqual([record.namespace, record.subject, record.name], ['owner', 'owner', 'hello'])
  })
})

describe('web actions: when there is no result', () => {
  it('a request that outlasts the wait is 202, and its activation goes on', async () => {
    const platform = await start({ limits: { maxBlockingWaitMs: 30 } })
    await platform.putAction('slow', { code: SLOW })
    const response = await platform.send({ method: 'GET', path: '/api/v1/web/owner/default/slow', headers: [] })
    assert.equal(response.status, 202)
    assert.equal(errorOf(response), 'Response not yet ready.')
    assert.match(response.text, /^\{\n  "error"/)
    assert.equal(response.lines.get('access-control-allow-origin')?.[0], '*')
    const id = response.lines.get('x-openwhisk-activation-id')?.[0] ?? ''
    const record = await eventually('the record', () => {
      finish()
      return platform.platform.use(ACTIVATION_STORE).get('owner', id)
    })
    assert.equal(record.response.statusCode, 0)
  })

  it('an activation that no invoker takes is 503, with CORS headers and without an id', async () => {
    const platform = await start({ loadBalancer: { name: 'refusing', place: () => ({ reject: 'nobody there' }) } })
    await platform.putAction('hello', {})
    const response = await platform.send({ method: 'GET', path: PATH, headers: [] })
    assert.equal(response.status, 503)
    assert.equal(
      errorOf(response),
      'The server is currently unavailable (because it is overloaded or down for maintenance).',
    )
    assert.equal(response.lines.get('access-control-allow-origin')?.[0], '*')
    assert.equal(response.lines.has('x-openwhisk-activation-id'), false)
  })
})

describe('web actions: compositions', () => {
  const components = (...names: string[]): JsonObject => ({
    exec: { kind: 'sequence', components: names.map((name) => `/_/${name}`) },
    annotations: [{ key: 'web-export', value: true }],
  })
  const get = (platform: WebPlatform, name: string): Promise<RawResponse> =>
    platform.send({ method: 'GET', path: `/api/v1/web/owner/default/${name}`, headers: [] })

  it('a sequence answers with what its last action makes of the request', async () => {
    const platform = await start()
    await platform.putAction('first', {
      code: 'main = (a) => ({ path: a.__ow_path, n: a.n })',
      annotations: { 'web-export': false },
    })
    await platform.putAction('last', { code: 'main = (a) => ({ body: `${a.path} ${a.n}` })' })
    await (await platform.platform.client('owner')).putAction('chain', components('first', 'last'))
    const response = await get(platform, 'chain.http/x?n=5')
    assert.deepEqual([response.status, response.text], [200, '/x 5'])
    const id = response.lines.get('x-openwhisk-activation-id')?.[0] ?? ''
    const record = await eventually('the record', () => platform.platform.use(ACTIVATION_STORE).get('owner', id))
    assert.equal(record.name, 'chain')
  })

  it('an error of a component is the answer of the sequence', async () => {
    const platform = await start()
    await platform.putAction('fails', { returns: { error: { statusCode: 403, body: 'not you' } } })
    await platform.putAction('last', {})
    await (await platform.platform.client('owner')).putAction('chain', components('fails', 'last'))
    const response = await get(platform, 'chain')
    assert.deepEqual([response.status, response.text], [403, 'not you'])
  })

  it('a sequence whose component the owner may not use is 403', async () => {
    const platform = await start()
    await platform.putPackage({ name: 'open', of: 'other', publish: true })
    await platform.putAction('part', { of: 'other', package: 'open' })
    const client = await platform.platform.client('owner')
    await client.putAction('chain', {
      ...components(),
      exec: { kind: 'sequence', components: ['/other/open/part'] },
    })
    assert.equal((await get(platform, 'chain.json')).status, 200)
    const other = await platform.platform.client('other')
    await other.request('PUT', 'packages/open?overwrite=true', { publish: false })
    const response = await get(platform, 'chain.json')
    assert.equal(response.status, 403)
    assert.match(String(errorOf(response)), /^The supplied authentication is not authorized to access /)
  })

  it('a conductor answers with the end of its composition', async () => {
    const platform = await start()
    await platform.putAction('step', { code: 'main = (a) => ({ n: a.n + 1 })' })
    await platform.putAction('conductor', {
      annotations: { conductor: true },
      code: `main = (a) => a.n === undefined
        ? { action: 'step', params: { n: 1 }, state: { method: a.__ow_method } }
        : { params: { body: a.method + ' ' + a.n } }`,
    })
    const response = await get(platform, 'conductor')
    assert.deepEqual([response.status, response.text], [200, 'get 2'])
  })
})

describe('web actions: changes', () => {
  it('are seen by the next request', async () => {
    const platform = await start()
    const get = async (): Promise<string> =>
      (await platform.send({ method: 'GET', path: '/api/v1/web/owner/default/hello', headers: [] })).text
    await platform.putAction('hello', { returns: { body: 'one' } })
    assert.equal(await get(), 'one')
    await platform.putAction('hello', { returns: { body: 'two' } })
    assert.equal(await get(), 'two')
    await platform.putAction('hello', { returns: { body: 'three' }, annotations: { 'web-export': false } })
    assert.match(await get(), /does not exist/)
  })
})
