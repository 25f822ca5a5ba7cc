import { afterEach, describe, expect, it } from 'vitest'
import {
  assemble,
  EVENTS_TOPIC,
  memoryContainers,
  memoryQueue,
  MemoryQueue,
  PlatformError,
  readEvent,
  SystemClock,
  tokens,
  type ControllerObserver,
  type EmbeddedClient,
  type EventMessage,
  type JsonObject,
  type Logger,
  type MaybePromise,
  type MessageBody,
  type Platform,
  type PlatformOptions,
} from '../../src/index.ts'

let platform: Platform
let guest: EmbeddedClient

afterEach(() => platform.close())

async function start(options: Partial<PlatformOptions>): Promise<void> {
  platform = await assemble({ containers: memoryContainers(), ...options })
  await platform.subjects.createUser('guest')
  guest = await platform.client('guest')
}

function put(name: string, code: string, more: JsonObject = {}): Promise<JsonObject> {
  return guest.putAction(name, { exec: { kind: 'nodejs:20', code: `function main(args) { ${code} }` }, ...more })
}

/** Events published on the queue from now on. */
async function published(): Promise<EventMessage[]> {
  const events: EventMessage[] = []
  const queue = platform.use(tokens.QUEUE)
  await queue.subscribe(
    EVENTS_TOPIC,
    { group: 'kamon', concurrency: 1 },
    ({ body }) => void events.push(readEvent(body)),
  )
  return events
}

describe('user events', () => {
  it('are published for actions, sequences and what the limits let in', async () => {
    await start({ userEvents: true })
    const events = await published()
    await put('a', 'return { statusCode: 201 }')
    await guest.request('PUT', 'actions/s', { exec: { kind: 'sequence', components: ['/_/a'] } })
    const record = await guest.invoke('s')
    await expect.poll(() => events.length).toBe(3)
    const [counted, step, sequence] = events
    const common = { subject: 'guest', namespace: 'guest', userId: expect.any(String), timestamp: expect.any(Number) }
    expect(counted).toEqual({
      ...common,
      source: 'controller0',
      body: { metricName: 'ConcurrentInvocations', metricValue: 1 },
    })
    expect(step).toEqual({
      ...common,
      source: 'invoker0',
      body: expect.objectContaining({
        name: 'guest/a',
        statusCode: 0,
        kind: 'nodejs:20',
        memory: 256,
        causedBy: 'sequence',
        userDefinedStatusCode: 201,
      }),
    })
    expect(sequence).toEqual({
      ...common,
      source: 'controller0',
      body: expect.objectContaining({ name: 'guest/s', activationId: record['activationId'], kind: 'sequence' }),
    })
  })

  it('tell of requests over the limits', async () => {
    await start({ userEvents: true, limits: { invocationsPerMinute: 1 } })
    const events = await published()
    await put('a', 'return {}')
    await guest.invoke('a')
    expect((await guest.request('POST', 'actions/a', {})).status).toBe(429)
    await expect
      .poll(() => events.map(({ body }) => ('metricName' in body ? body.metricName : 'ended')))
      .toEqual(['ConcurrentInvocations', 'ended', 'TimedRateLimit'])
  })

  it('of a trigger are those of its actions', async () => {
    await start({ userEvents: true })
    const events = await published()
    await put('a', 'return {}')
    await guest.request('PUT', 'triggers/t', {})
    await guest.request('PUT', 'rules/r', { trigger: '/_/t', action: '/_/a' })
    expect((await guest.request('POST', 'triggers/t', {})).status).toBe(202)
    await expect
      .poll(() => events.map(({ body }) => ('name' in body ? body.name : body.metricName)))
      .toEqual(['ConcurrentInvocations', 'guest/a'])
  })

  it('are not published unless asked for, though told in the process', async () => {
    const told: EventMessage[] = []
    await start({ observers: { event: (event) => void told.push(event) } })
    const queue = platform.use(tokens.QUEUE)
    await queue.ensureTopic(EVENTS_TOPIC)
    const events = await published()
    await put('a', 'return {}')
    await guest.invoke('a')
    expect(told.map(({ body }) => ('name' in body ? body.name : body.metricName))).toEqual([
      'ConcurrentInvocations',
      'guest/a',
    ])
    expect(events).toEqual([])
  })

  it.each<[string, (error: PlatformError) => Promise<never>]>([
    ['does not take', (error) => Promise.reject(error)],
    [
      'throws at once for',
      (error) => {
        throw error
      },
    ],
  ])('that the queue %s cost no activation and are told to the operator', async (_, refuse) => {
    class Deaf extends MemoryQueue {
      override publish(topic: string, body: MessageBody): MaybePromise<void> {
        if (topic !== EVENTS_TOPIC) return super.publish(topic, body)
        return refuse(new PlatformError('ERR_UNAVAILABLE', 'full'))
      }
    }
    const warned: string[] = []
    const ignore = (): void => undefined
    const logger: Logger = {
      debug: ignore,
      info: ignore,
      warn: (_fields, message) => void warned.push(message),
      error: ignore,
      child: () => logger,
    }
    await start({ queue: new Deaf(), userEvents: true, logger })
    await put('a', 'return { ok: true }')
    expect(await guest.invoke('a')).toMatchObject({ response: { success: true } })
    await expect.poll(() => warned).toEqual(['user events not published'])
  })
})

describe('the observer of a controller', () => {
  it('is told of requests, placement, callers who wait, and acknowledgements', async () => {
    const told: [string, unknown][] = []
    const note = (what: string) => (event: unknown) => void told.push([what, event])
    const controller: ControllerObserver = {
      answered: note('answered'),
      placed: note('placed'),
      waiting: note('waiting'),
      refused: note('refused'),
      blockingEnded: note('blockingEnded'),
      acknowledged: note('acknowledged'),
    }
    await start({ observers: { controller }, queue: memoryQueue() })
    await put('a', 'return {}')
    told.length = 0
    await guest.invoke('a')
    const facts = { namespace: 'guest', action: 'guest/a', kind: 'nodejs:20' }
    await expect.poll(() => told.filter(([what]) => what === 'acknowledged').length).toBeGreaterThan(0)
    expect(told).toContainEqual(['placed', { ...facts, invoker: 0, waitMs: expect.any(Number) }])
    expect(told).toContainEqual(['blockingEnded', { ...facts, outcome: 'result', ms: expect.any(Number) }])
    expect(told).toContainEqual([
      'answered',
      {
        method: 'POST',
        route: '/api/v1/namespaces/{namespace}/actions/{actionName}',
        status: 200,
        ms: expect.any(Number),
      },
    ])
    expect(told.every(([, event]) => (event as { isLate?: boolean }).isLate !== true)).toBe(true)
  })

  it('is told which activations wait and which are refused', async () => {
    const told: unknown[] = []
    const controller: ControllerObserver = {
      placed: ({ waitMs }) => void told.push(waitMs > 0 ? 'placed later' : 'placed'),
      waiting: () => void told.push('waiting'),
      refused: ({ reason }) => void told.push(reason),
    }
    await start({
      observers: { controller },
      limits: { memoryMb: { min: 128, std: 256, max: 512 } },
      invoker: { userMemoryMb: 256 },
      maxWaiting: 1,
    })
    await put('slow', 'return new Promise((done) => setTimeout(done, 300, {}))')
    const invoke = () => guest.request('POST', 'actions/slow', {})
    expect([(await invoke()).status, (await invoke()).status, (await invoke()).status]).toEqual([202, 202, 503])
    expect(told.slice(1)).toEqual(['waiting', 'the waiting room is full'])
    await expect.poll(() => told.at(-1)).toBe('placed later')
  })

  it('is told once per second how much there is', async () => {
    const told: unknown[] = []
    const controller: ControllerObserver = { gauges: (gauges) => void told.push(gauges) }
    await start({ observers: { controller }, clock: new SystemClock() })
    await expect
      .poll(() => told.at(-1), { timeout: 5000 })
      .toEqual({ inFlight: 0, waiting: 0, invokers: { healthy: 1, unhealthy: 0, unresponsive: 0, offline: 0 } })
  })
})
