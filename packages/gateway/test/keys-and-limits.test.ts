import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VirtualClock, type JsonObject } from '@stemcell/core'
import { RateLimiter } from '../src/serving/rate-limiter.ts'
import { GatewayRig, swaggerOf } from './gateway-rig.ts'

let rig: GatewayRig
let count = 0

beforeAll(async () => {
  rig = await GatewayRig.start()
  await rig.webAction('echo')
})
afterAll(() => rig.close())

const KEY = { client_id: { type: 'apiKey', name: 'X-Api-Key', in: 'header' } }
const SECRET = { client_secret: { type: 'apiKey', name: 'X-Api-Secret', in: 'header' } }
const REQUIRED = { status: 401, message: 'Error: API key header "X-Api-Key" is required.' }
const INVALID = { status: 401, message: 'Error: Invalid API key.' }

/** An API with `GET /x` and `GET /y`, under a base path of its own. */
async function api(more: JsonObject): Promise<string> {
  const base = `/keys${count++}`
  const answer = await rig.swagger(swaggerOf(base, { 'GET /x': 'echo', 'GET /y': 'echo' }, more))
  expect(answer.status, answer.text).toBe(200)
  return base
}

async function subscribe(base: string, more: JsonObject = {}): Promise<string> {
  const answer = await rig.manage('POST', 'createSubscription.http', { basepath: base, ...more })
  expect(answer.status, answer.text).toBe(200)
  return (answer.body as { client_id: string }).client_id
}

const get = (path: string, headers: Readonly<Record<string, string>> = {}) => rig.call(path, { headers })

describe('an API that asks for keys', () => {
  it('is there for those who subscribed, until their key is taken back', async () => {
    const base = await api({ securityDefinitions: KEY, security: [{ client_id: [] }] })
    expect((await get(`${base}/x`)).body).toEqual(REQUIRED)
    expect((await get(`${base}/x`, { 'x-api-key': 'guessed' })).body).toEqual(INVALID)
    const key = await subscribe(base)
    expect(key).toMatch(/^[A-Za-z0-9]{40}$/)
    expect((await get(`${base}/x`, { 'x-api-key': key })).status).toBe(200)
    const other = await subscribe(base, { client_id: 'chosen by me' })
    expect(other).toBe('chosen by me')
    expect((await get(`${base}/x`, { 'X-API-KEY': other })).status).toBe(200)
    const listed = await rig.manage('GET', `getSubscriptions.http?basepath=${base}`)
    expect(listed.body).toEqual({ subscriptions: [key, other] })

    const removed = await rig.manage('DELETE', `deleteSubscription.http?basepath=${base}&client_id=${key}`)
    expect(removed).toMatchObject({ status: 200, body: {} })
    expect((await get(`${base}/x`, { 'x-api-key': key })).body).toEqual(INVALID)
    expect((await get(`${base}/x`, { 'x-api-key': other })).status).toBe(200)
  })

  it('takes no key of another API', async () => {
    const [one, two] = [await api({ securityDefinitions: KEY }), await api({ securityDefinitions: KEY })]
    const key = await subscribe(one)
    expect((await get(`${two}/x`, { 'x-api-key': key })).body).toEqual(INVALID)
  })

  it('keeps its subscriptions when it is changed, and loses them when it is deleted', async () => {
    const base = await api({ securityDefinitions: KEY })
    const key = await subscribe(base)
    await rig.create(base, '/z', 'GET', 'echo')
    expect((await get(`${base}/z`)).status).toBe(401)
    expect((await get(`${base}/z`, { 'x-api-key': key })).status).toBe(200)
    const document = swaggerOf(base, { 'GET /x': 'echo' }, { securityDefinitions: KEY })
    await rig.swagger(document)
    expect((await get(`${base}/x`, { 'x-api-key': key })).status).toBe(200)
    await rig.manage('DELETE', `deleteApi.http?basepath=${base}`)
    await rig.swagger(document)
    expect((await get(`${base}/x`, { 'x-api-key': key })).body).toEqual(INVALID)
  })

  it('asks for what its definitions say where it does not say where they count', async () => {
    const base = await api({ securityDefinitions: { mine: { type: 'apiKey', name: 'key', in: 'query' } } })
    const key = await subscribe(base)
    expect((await get(`${base}/x`)).body).toMatchObject({
      message: 'Error: API key query parameter "key" is required.',
    })
    expect((await get(`${base}/x?key=wrong`)).body).toEqual(INVALID)
    expect((await get(`${base}/x?a=1&key=${key}`)).status).toBe(200)
  })

  it('may leave an operation open', async () => {
    const document = swaggerOf('/open', { 'GET /x': 'echo', 'GET /y': 'echo' }, { securityDefinitions: KEY })
    const paths = document['paths'] as Record<string, Record<string, JsonObject>>
    paths['/y']!['get']!['security'] = []
    await rig.swagger(document)
    expect((await get('/open/x')).status).toBe(401)
    expect((await get('/open/y')).status).toBe(200)
  })

  it('answers a preflight without a key, which browsers do not send', async () => {
    const base = await api({ securityDefinitions: KEY, 'x-gateway-configuration': { cors: { enabled: true } } })
    const preflight = await rig.call(`${base}/x`, { method: 'OPTIONS' })
    expect(preflight.status).toBe(200)
    expect(preflight.headers['access-control-allow-headers']).toContain('X-Api-Key')
    expect((await get(`${base}/x`)).headers['access-control-allow-origin']).toBe('*')
  })

  it('may ask for a secret, which is kept as a hash', async () => {
    const base = await api({ securityDefinitions: { ...KEY, ...SECRET } })
    const key = await subscribe(base, { client_secret: 'the secret itself' })
    const plain = await subscribe(base)
    const ask = async (id: string, secret?: string) =>
      (await get(`${base}/x`, { 'x-api-key': id, ...(secret === undefined ? {} : { 'x-api-secret': secret }) })).status
    expect(await ask(key)).toBe(401)
    expect(await ask(key, 'another')).toBe(401)
    expect(await ask(plain, 'the secret itself')).toBe(401)
    expect(await ask(key, 'the secret itself')).toBe(200)
    for await (const { document } of rig.entityStore.scan({ prefix: 'whisk.system/apimgmt/' })) {
      expect(JSON.stringify(document)).not.toContain('the secret itself')
    }
  })

  it.each([
    ['createSubscription', { basepath: '/missing' }, 'The API does not exist.'],
    ['createSubscription', {}, 'basepath is required.'],
    [
      'createSubscription',
      { basepath: '/open', client_id: 'x'.repeat(257) },
      'client_id is longer than 256 characters.',
    ],
    ['getSubscriptions', { artifact_id: 'missing' }, 'The API does not exist.'],
    ['deleteSubscription', { basepath: '/open' }, 'Missing client_id'],
    ['deleteSubscription', { basepath: '/open', client_id: 'x' }, "Subscription doesn't exist"],
  ])('%s of %j is refused', async (action, body, error) => {
    expect(await rig.manage('POST', `${action}.http`, body)).toMatchObject({ status: 502, body: { error } })
  })
})

describe('an API with a rate limit', () => {
  it('lets as many requests pass as it says, and tells the others when to come back', async () => {
    const base = await api({ 'x-gateway-rate-limit': [{ unit: 'minute', units: 1, rate: 3 }] })
    const statuses = []
    for (let request = 0; request < 5; request++)
      statuses.push((await get(`${base}/${request % 2 ? 'x' : 'y'}`)).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    const refused = await get(`${base}/x`)
    expect(refused.body).toEqual({ status: 429, message: 'Error: Rate limit exceeded' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(20)
  })

  it('counts each subscription for itself', async () => {
    const base = await api({ securityDefinitions: KEY, 'x-ibm-rate-limit': [{ unit: 'hour', units: 1, rate: 1 }] })
    const [one, two] = [await subscribe(base), await subscribe(base)]
    expect((await get(`${base}/x`, { 'x-api-key': one })).status).toBe(200)
    expect((await get(`${base}/x`, { 'x-api-key': one })).status).toBe(429)
    expect((await get(`${base}/x`, { 'x-api-key': two })).status).toBe(200)
  })

  it('does not count what has no key, or no path', async () => {
    const base = await api({ securityDefinitions: KEY, 'x-ibm-rate-limit': [{ unit: 'hour', rate: 1 }] })
    const key = await subscribe(base)
    for (let request = 0; request < 3; request++) {
      await get(`${base}/x`, { 'x-api-key': 'wrong' })
      await get(`${base}/z`)
    }
    expect((await get(`${base}/x`, { 'x-api-key': key })).status).toBe(200)
  })
})

describe('the rate limiter', () => {
  const MINUTE = { rate: 60, intervalMs: 60_000 }

  it('fills up as time passes, and no further than the rate', async () => {
    const clock = new VirtualClock(0)
    const limiter = new RateLimiter(clock)
    const passed = (): number => {
      let count = 0
      while (limiter.refusal('a', [MINUTE]) === undefined) count++
      return count
    }
    expect(passed()).toBe(60)
    await clock.advance(2_500)
    expect(passed()).toBe(2)
    expect(limiter.refusal('a', [MINUTE])).toBeCloseTo(500)
    await clock.advance(500)
    expect(passed()).toBe(1)
    await clock.advance(3_600_000)
    expect(passed()).toBe(60)
    expect(limiter.refusal('b', [MINUTE])).toBeUndefined()
  })

  it('takes from no limit what another refuses', async () => {
    const clock = new VirtualClock(0)
    const limiter = new RateLimiter(clock)
    const both = [
      { rate: 1, intervalMs: 1_000 },
      { rate: 3, intervalMs: 3_600_000 },
    ]
    expect(limiter.refusal('a', both)).toBeUndefined()
    for (let request = 0; request < 10; request++) expect(limiter.refusal('a', both)).toBeDefined()
    await clock.advance(1_000)
    expect(limiter.refusal('a', both)).toBeUndefined()
  })

  it('lets through one in several intervals where the rate is below 1', async () => {
    const clock = new VirtualClock(0)
    const limiter = new RateLimiter(clock)
    const half = [{ rate: 0.5, intervalMs: 1_000 }]
    expect(limiter.refusal('a', half)).toBeUndefined()
    expect(limiter.refusal('a', half)).toBeCloseTo(2_000)
    await clock.advance(2_000)
    expect(limiter.refusal('a', half)).toBeUndefined()
  })
})
