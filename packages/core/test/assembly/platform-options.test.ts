import { afterEach, describe, expect, it } from 'vitest'
import {
  assemble,
  memoryContainers,
  RecordLogStore,
  tokens,
  type Activation,
  type EmbeddedClient,
  type Identity,
  type JsonObject,
  type Platform,
  type PlatformOptions,
} from '../../src/index.ts'

const GOOD = { kind: 'nodejs:20', code: 'function main() { return { ok: true } }' }
const BAD = { kind: 'nodejs:20', code: 'function main() { return { error: "own word" } }' }
const BROKEN = { kind: 'nodejs:20', code: 'function main() { throw new Error("x") }' }

let platform: Platform
let guest: EmbeddedClient

afterEach(() => platform.close())

async function start(options: Partial<PlatformOptions>): Promise<void> {
  platform = await assemble({ containers: memoryContainers(), ...options })
  await platform.subjects.createUser('guest')
  guest = await platform.client('guest')
}

async function get(path: string): Promise<unknown> {
  const { status, body } = await guest.request('GET', path)
  return status === 200 ? body : status
}

describe('the API of a platform', () => {
  it('has operational paths, where the share of invokers that must be up is the operator’s', async () => {
    await start({ api: { readyFraction: 0 } })
    await expect.poll(() => get('/invokers/ready')).toEqual({ healthy: '1/1' })
    expect(await get('/activation/count')).toBe(0)
  })

  it('has none where they are switched off', async () => {
    await start({ api: { operationalRoutes: false } })
    for (const path of ['/invokers', '/invokers/ready', '/activation', '/activation/count']) {
      expect(await get(path)).toBe(405)
    }
  })

  it('accepts actions of the kinds that the operator lists', async () => {
    await start({ api: { kindWhitelist: ['nodejs:20'] } })
    const put = (kind: string) => guest.request('PUT', 'actions/a', { exec: { ...GOOD, kind } })
    expect(await put('nodejs:18')).toMatchObject({
      status: 403,
      body: { error: "The supplied authentication is not authorized to access actions of kind 'nodejs:18'." },
    })
    expect((await put('nodejs:20')).status).toBe(200)
  })

  it('answers writes and annotates actions as the operator says', async () => {
    await start({ api: { requireResponsePayload: false, requireApiKeyAnnotation: false } })
    expect((await guest.request('PUT', 'actions/a', { exec: GOOD })).body).toBe('OK')
    expect(await get('actions/a')).toMatchObject({ annotations: [{ key: 'exec', value: 'nodejs:20' }] })
  })

  it('has memory for the longest request at least', async () => {
    const containers = memoryContainers()
    await expect(assemble({ containers, api: { bodyMemoryBytes: 1000 } })).rejects.toThrow(
      'api: bodyMemoryBytes is 1000, give at least limits.maxRequestBytes, which is 52428800',
    )
    await start({ limits: { maxRequestBytes: 1024 ** 3 } })
  })

  it('has a share of ready invokers between 0 and 1', async () => {
    await start({})
    await expect(assemble({ containers: memoryContainers(), api: { readyFraction: 1.5 } })).rejects.toThrow(
      'api.readyFraction: Too big: expected number to be <=1',
    )
  })
})

describe('records of activations', () => {
  /** Runs one of each; then names what left a record. */
  async function recorded(options: Partial<PlatformOptions>): Promise<() => Promise<string[]>> {
    await start(options)
    for (const [name, exec] of Object.entries({ good: GOOD, bad: BAD, broken: BROKEN })) {
      await guest.putAction(name, { exec })
      await guest.putAction(`${name}-async`, { exec })
      await guest.invoke(name)
      expect((await guest.request('POST', `actions/${name}-async`, {})).status).toBe(202)
    }
    await guest.request('PUT', 'triggers/t', {})
    await guest.request('PUT', 'rules/r', { trigger: '/_/t', action: '/_/good-async' })
    expect((await guest.request('POST', 'triggers/t', {})).status).toBe(202)
    await expect.poll(() => get('/activation/count')).toBe(0)
    const store = platform.use(tokens.ACTIVATION_STORE)
    return async () => {
      const records = await store.list({ namespace: 'guest', skip: 0, limit: 100, full: false })
      return [...new Set(records.map((record: JsonObject) => record['name'] as string))].toSorted()
    }
  }

  const all = ['bad', 'bad-async', 'broken', 'broken-async', 'good', 'good-async', 't']

  it.each([
    ['nothing is said', {}, all],
    [
      'blocking ones leave one when they fail',
      { storeLevels: { blocking: 'failures' } },
      all.filter((n) => n !== 'good'),
    ],
    [
      'others leave one unless they succeed or fail by their own word',
      { storeLevels: { nonBlocking: 'failures-not-application-errors' } },
      ['bad', 'broken', 'broken-async', 'good'],
    ],
    ['results are not to be stored', { disableStoreResult: true }, all.filter((n) => n !== 'good')],
    [
      'results are not to be stored but a level says otherwise',
      { disableStoreResult: true, storeLevels: { blocking: 'always' } },
      all,
    ],
  ] as const)('are left as the levels say when %s', async (_case, options, expected) => {
    await expect.poll(await recorded(options)).toEqual(expected)
  })
})

describe('logs of activations that leave no record', () => {
  const PRINTS = { kind: 'nodejs:20', code: 'function main() { console.log("hi"); return {} }' }

  /** Keeps lines by activation id, and nothing in the record. */
  class LogsApart extends RecordLogStore {
    readonly #lines = new Map<string, readonly string[]>()
    override async keep({ activationId }: Activation, _user: Identity, lines: readonly string[]): Promise<string[]> {
      this.#lines.set(activationId, lines)
      return []
    }
    override async fetch(activationId: string): Promise<readonly string[] | undefined> {
      return this.#lines.get(activationId)
    }
  }

  async function logsOfRun(options: Partial<PlatformOptions>): Promise<unknown> {
    await start({ logStore: new LogsApart(), ...options })
    await guest.putAction('prints', { exec: PRINTS })
    const { body } = await guest.request('POST', 'actions/prints?blocking=true', {})
    await expect.poll(() => get('/activation/count')).toBe(0)
    return get(`activations/${(body as JsonObject)['activationId'] as string}/logs`)
  }

  it('are found where results are not to be stored', async () => {
    expect(await logsOfRun({ disableStoreResult: true })).toEqual({ logs: [expect.stringContaining('stdout: hi')] })
    expect(await get(`activations/${'0'.repeat(32)}/logs`)).toBe(404)
  })

  it.each([
    { storeLevels: { blocking: 'failures' } },
    { storeLevels: { blocking: 'failures-not-application-errors', nonBlocking: 'always' } },
  ] as const)('are found where %j leaves none', async (options) => {
    expect(await logsOfRun(options)).toEqual({ logs: [expect.stringContaining('stdout: hi')] })
  })

  it('are not looked for where every activation leaves one', async () => {
    await logsOfRun({})
    expect(await get(`activations/${'0'.repeat(32)}/logs`)).toBe(404)
  })
})
