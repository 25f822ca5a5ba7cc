import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  adapterContext,
  assemble,
  LocalRateLimiter,
  MemoryQueue,
  memoryContainers,
  RecordLogStore,
  staticAuth,
  type Auth,
  type ClusterView,
  type EmbeddedClient,
  type EmbeddedResponse,
  type JsonObject,
  type LoadBalancer,
  type Logger,
  type LogStore,
  type OpenRoute,
  type Placement,
  type PlacementRequest,
  type Platform,
  type PlatformOptions,
  type PoolPolicy,
} from '../../src/index.ts'

let platform: Platform
let guest: EmbeddedClient
let lines: { readonly fields: JsonObject; readonly message: string }[]

afterEach(async () => {
  await platform.close()
  vi.restoreAllMocks()
})

const write = (fields: object, message: string): void => void lines.push({ fields: fields as JsonObject, message })
const logger: Logger = { debug: () => undefined, info: () => undefined, warn: write, error: write, child: () => logger }

async function start(options: Partial<PlatformOptions>): Promise<void> {
  lines = []
  platform = await assemble({ containers: memoryContainers(), logger, ...options })
  await platform.subjects.createUser('guest')
  guest = await platform.client('guest')
  await guest.putAction('a', { exec: { kind: 'nodejs:20', code: 'function main() { return { ok: true } }' } })
}

const invoke = (blocking = true): Promise<EmbeddedResponse> =>
  guest.request('POST', `actions/a?blocking=${blocking}`, {})

/** How often the log says which plug-in it is that fails. */
function named(plugIn: string): number {
  return lines.filter(({ fields: { plugIn: name } }) => typeof name === 'string' && name.startsWith(plugIn)).length
}

async function inFlight(): Promise<unknown> {
  return (await guest.request('GET', '/activation/count')).body
}

function errorOf(body: unknown): unknown {
  return (body as { response?: { result?: { error?: unknown } } }).response?.result?.error
}

describe('a load balancer', () => {
  /** Misbehaves while `answer` is set, else places where there is room. */
  class Moody implements LoadBalancer {
    readonly name = 'moody'
    answer: (() => unknown) | undefined
    place(request: PlacementRequest, cluster: ClusterView): Placement {
      if (this.answer) return this.answer() as Placement
      return cluster.fits(0, request) ? { invoker: 0 } : 'wait'
    }
  }

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('boom')
      },
      'the load balancer failed',
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
      'the load balancer failed',
    ],
    ['names an unknown invoker', () => ({ invoker: 7 }), 'invoker 7, which does not exist'],
    ['names an invoker below none', () => ({ invoker: -1 }), 'invoker -1, which does not exist'],
    ['names half an invoker', () => ({ invoker: 0.5 }), 'invoker 0.5, which does not exist'],
    ['names invoker NaN', () => ({ invoker: Number.NaN }), 'invoker NaN, which does not exist'],
    ['names an invoker by text', () => ({ invoker: '0' }), 'an invoker that is a string'],
    ['returns a promise', () => Promise.resolve({ invoker: 0 }), 'with a promise'],
    ['returns a promise that fails', () => Promise.reject(new Error('later')), 'with a promise'],
    ['returns an empty object', () => ({}), 'without naming an invoker'],
    ['returns nothing', () => undefined, 'undefined'],
    ['returns null', () => null, 'null'],
    ['returns NaN', () => Number.NaN, 'the number NaN'],
    ['returns another word', () => 'later', 'a string'],
    ['rejects without a reason', () => ({ reject: undefined }), 'a rejection without a reason'],
    [
      'answers with what throws when it is looked at',
      () => ({
        get invoker() {
          throw new Error('trap')
        },
      }),
      'failed',
    ],
  ])('that %s has each activation refused with a record of why, and the next one runs', async (_how, answer, why) => {
    const balancer = new Moody()
    await start({ loadBalancer: balancer })
    balancer.answer = answer
    const refused = await invoke()
    expect(refused.status).toBe(500)
    expect(errorOf(refused.body)).toContain(why)
    const { status, body } = await invoke(false)
    expect(status).toBe(202)
    const { activationId } = body as { activationId: string }
    await expect
      .poll(async () => errorOf((await guest.request('GET', `activations/${activationId}`)).body))
      .toContain(why)
    await invoke()
    expect(await inFlight()).toBe(0)
    expect(named('load balancer moody')).toBe(1)
    balancer.answer = undefined
    expect((await invoke()).status).toBe(200)
    expect(await inFlight()).toBe(0)
  })

  it('that places where there is no room does not overcommit the invoker', async () => {
    await start({ invoker: { userMemoryMb: 256 }, loadBalancer: { name: 'greedy', place: () => ({ invoker: 0 }) } })
    await guest.putAction('slow', {
      exec: { kind: 'nodejs:20', code: 'function main() { return new Promise((r) => setTimeout(r, 100, {})) }' },
    })
    const [first, second] = await Promise.all([1, 2].map(() => guest.request('POST', 'actions/slow?blocking=true', {})))
    expect([first!.status, second!.status].toSorted((a, b) => a - b)).toEqual([200, 500])
    const refused = [first!, second!].find(({ status }) => status === 500)!
    expect(errorOf(refused.body)).toContain('invoker 0, which has no room')
    expect(await inFlight()).toBe(0)
    expect((await invoke()).status).toBe(200)
  })

  it('that fails for what already waits ends the wait with a record', async () => {
    const balancer = new Moody()
    await start({ loadBalancer: balancer })
    balancer.answer = () => 'wait'
    const waiting = [invoke(), invoke()]
    const { body } = await invoke(false)
    await expect.poll(inFlight).toBe(3)
    balancer.answer = () => ({ invoker: 99 })
    for (const answer of await Promise.all(waiting)) expect(errorOf(answer.body)).toContain('invoker 99')
    await expect.poll(inFlight).toBe(0)
    const { activationId } = body as { activationId: string }
    const record = await guest.request('GET', `activations/${activationId}`)
    expect(errorOf(record.body)).toContain('invoker 99')
  })

  it('that answers by chance, rightly and wrongly, leaves nothing in flight and a record of every activation', async () => {
    const answers: (() => unknown)[] = [
      () => ({ invoker: 0 }),
      () => ({ invoker: 3 }),
      () => 'wait',
      () => Promise.reject(new Error('no')),
      () => {
        throw new Error('boom')
      },
      () => ({ invoker: 0 }),
      () => ({}),
    ]
    let turn = 0
    await start({
      loadBalancer: { name: 'dice', place: () => answers[(turn += 3) % answers.length]!() as Placement },
      auth: staticAuth([
        {
          namespace: 'guest',
          auth: `23bc46b1-71f6-4ed5-8c54-816aa4f8c502:${'k'.repeat(64)}`,
          limits: { invocationsPerMinute: 10_000, concurrentInvocations: 1000 },
        },
      ]),
    })
    const given = await Promise.all(Array.from({ length: 120 }, (_, index) => invoke(index % 3 > 0)))
    const ids = given.map(({ body }) => (body as { activationId?: string }).activationId)
    expect(ids.every((id) => id !== undefined)).toBe(true)
    await expect.poll(inFlight, { timeout: 20_000 }).toBe(0)
    for (const id of ids) {
      await expect.poll(async () => (await guest.request('GET', `activations/${id}`)).status).toBe(200)
    }
    expect(named('load balancer dice')).toBe(1)
    // No place of the namespace, no memory of the invoker was kept.
    turn = answers.length - 3
    answers.splice(0, answers.length, () => ({ invoker: 0 }))
    const after = await Promise.all(Array.from({ length: 8 }, () => invoke()))
    expect(after.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
  }, 40_000)
})

describe('a queue', () => {
  it('that throws at once, where it should reject, costs the caller a 503 and nothing else', async () => {
    const queue = new MemoryQueue()
    await start({ queue })
    const publish = queue.publish.bind(queue)
    queue.publish = (topic, body) => {
      if (topic === 'invoker0') throw new TypeError('not even a promise')
      return publish(topic, body)
    }
    expect((await invoke()).status).toBe(503)
    expect((await invoke(false)).status).toBe(503)
    expect(await inFlight()).toBe(0)
    queue.publish = publish
    expect((await invoke()).status).toBe(200)
  })
})

describe('an observer', () => {
  const fail = (): never => {
    throw new Error('metrics are full')
  }
  const failLater = (): Promise<void> => Promise.reject(new Error('metrics are full'))

  it.each([
    ['throws', fail],
    ['returns a rejected promise', failLater as () => void],
  ])('whose every method %s changes nothing for callers, and is named once', async (_how, broken) => {
    const controller = {
      answered: broken,
      authenticated: broken,
      admitted: broken,
      placed: broken,
      waiting: broken,
      refused: broken,
      blockingEnded: broken,
      acknowledged: broken,
      gauges: broken,
    }
    const invoker = {
      acquired: broken,
      responded: broken,
      started: broken,
      logged: broken,
      stored: broken,
      recordRetried: broken,
      gauges: broken,
    }
    await start({ observers: { controller, invoker, event: broken } })
    for (let run = 0; run < 3; run++) expect((await invoke()).status).toBe(200)
    expect((await invoke(false)).status).toBe(202)
    await expect.poll(inFlight).toBe(0)
    await expect.poll(() => named('controller observer')).toBe(1)
    await expect.poll(() => named('invoker observer')).toBe(1)
    await expect.poll(() => named('event observer')).toBe(1)
  })

  it('that is an object of a class is called as one', async () => {
    class Counter {
      #answers = 0
      get answers(): number {
        return this.#answers
      }
      answered(): void {
        this.#answers++
      }
    }
    const counter = new Counter()
    await start({ observers: { controller: counter } })
    await invoke()
    expect(counter.answers).toBeGreaterThan(0)
  })
})

describe('a logger', () => {
  const boom = (): never => {
    throw new Error('disk full')
  }

  it('that throws costs log lines and nothing else, and the process is warned once', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const broken: Logger = { debug: boom, info: boom, warn: boom, error: boom, child: boom }
    await start({ logger: broken, loadBalancer: { name: 'bad', place: () => ({ invoker: 9 }) } })
    expect((await invoke()).status).toBe(500)
    expect((await invoke()).status).toBe(500)
    expect(await inFlight()).toBe(0)
    expect(warned.mock.calls.filter(([text]) => String(text).includes('logger of the platform fails'))).toHaveLength(1)
  })
})

describe('a log store', () => {
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no disk')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no disk'))],
    ['keeps no lines but nothing', () => undefined],
    ['keeps numbers', () => Promise.resolve([1])],
  ])('that %s costs the record its logs', async (_how, keep) => {
    const logStore: LogStore = new RecordLogStore()
    logStore.keep = keep as LogStore['keep']
    await start({ logStore })
    const { status, body } = await invoke()
    expect(status).toBe(200)
    await invoke()
    const { activationId } = body as { activationId: string }
    await expect
      .poll(async () => (await guest.request('GET', `activations/${activationId}/logs`)).body)
      .toEqual({ logs: [expect.stringContaining('stderr: ')] })
    await expect.poll(inFlight).toBe(0)
    expect(named('log store')).toBe(1)
  })

  it('that finds what are no lines is a refusal of that request', async () => {
    const logStore: LogStore = new RecordLogStore()
    logStore.fetch = () => Promise.resolve('lines' as never)
    await start({ logStore })
    const { body } = await invoke()
    const { activationId } = body as { activationId: string }
    await expect.poll(async () => (await guest.request('GET', `activations/${activationId}/logs`)).status).toBe(503)
    expect((await guest.request('GET', `activations/${activationId}`)).status).toBe(200)
  })
})

describe('a pool policy', () => {
  const throwing = (): never => {
    throw new Error('no opinion')
  }
  const stranger = { key: 'other', memoryMb: 1, idleSinceMs: 0 }

  it.each<[string, PoolPolicy]>([
    ['throws', { keepAlive: throwing, victim: throwing, reuseWait: throwing, stemCells: throwing }],
    [
      'decides what cannot be done',
      {
        keepAlive: () => ({ suspendAfterMs: Number.NaN, destroyAfterMs: -1 }),
        victim: () => stranger,
        reuseWait: () => Number.NaN,
        stemCells: () => -2,
      },
    ],
  ])('that %s is overruled', async (_how, poolPolicy) => {
    await start({ poolPolicy, invoker: { userMemoryMb: 256 } })
    await guest.putAction('b', { exec: { kind: 'nodejs:20', code: 'function main() { return {} }' } })
    for (const name of ['a', 'b', 'a', 'b']) {
      expect((await guest.request('POST', `actions/${name}?blocking=true`, {})).status).toBe(200)
    }
    expect(named('pool policy')).toBe(1)
  })
})

describe('a rate limiter', () => {
  it.each<[string, Partial<LocalRateLimiter>, number]>([
    [
      'throws on entry',
      {
        enter: () => {
          throw new TypeError('bug')
        },
      },
      500,
    ],
    ['decides nothing', { enter: () => ({}) as never }, 500],
    ['answers undefined', { enter: () => Promise.resolve(undefined) as never }, 500],
    [
      'throws when a place is given back',
      {
        leave: () => {
          throw new TypeError('bug')
        },
      },
      200,
    ],
    ['rejects when a place is given back', { leave: (() => Promise.reject(new Error('bug'))) as () => void }, 200],
  ])('that %s is named once, and nothing stays in flight', async (_how, broken, status) => {
    const limiter = new LocalRateLimiter(adapterContext())
    await start({ rateLimiter: Object.assign(limiter, broken) })
    for (let call = 0; call < 3; call++) expect((await invoke()).status).toBe(status)
    await expect.poll(inFlight).toBe(0)
    await expect.poll(() => named('rate limiter')).toBe(1)
  })
})

describe('an auth', () => {
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new TypeError('bug')
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('bug'))],
    ['knows somebody without a namespace', () => ({ subject: 'guest' })],
    ['answers by a word', () => 'guest'],
  ])('that %s is a 500 for that request, and is named once', async (_how, authenticate) => {
    const auth = (
      staticAuth([{ namespace: 'guest', auth: `23bc46b1-71f6-4ed5-8c54-816aa4f8c502:${'k'.repeat(64)}` }]) as {
        build: (context: never) => Auth
      }
    ).build({} as never)
    await start({ auth })
    auth.authenticate = authenticate as Auth['authenticate']
    for (let call = 0; call < 3; call++) {
      expect(await invoke()).toMatchObject({ status: 500, body: { error: 'The caller could not be determined.' } })
    }
    expect(named('auth')).toBe(1)
  })
})

describe('a route of the operator', () => {
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('bug')
      },
    ],
    ['rejects', () => Promise.reject(new Error('bug'))],
    ['answers nothing', () => undefined],
    ['promises nothing', () => Promise.resolve(undefined)],
    ['answers with no status', () => Promise.resolve({ body: 'x' })],
    ['answers with no text', () => Promise.resolve({ status: 200, body: { a: 1 } })],
  ])('that %s is a 500, and is named once', async (_how, handle) => {
    const route: OpenRoute = {
      method: 'GET',
      path: '/own',
      auth: 'none',
      cors: 'none',
      summary: 'Own',
      responses: {},
      handle: handle as OpenRoute['handle'],
    }
    await start({ routes: [route] })
    for (let call = 0; call < 2; call++) expect((await guest.request('GET', '/own')).status).toBe(500)
    expect(named('route GET /own')).toBe(1)
    expect((await invoke()).status).toBe(200)
  })
})
