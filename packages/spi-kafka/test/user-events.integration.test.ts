import { assemble, memoryContainers, type EmbeddedClient, type JsonObject, type Platform } from '@stemcell/core'
import { kafkaQueue } from '@stemcell/spi-kafka'
import { Kafka, logLevel, type KafkaMessage } from 'kafkajs'
import { expect, it, onTestFinished } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { eventually } from '../../../test/eventually.ts'
import { uniqueName } from './harness.ts'
import { removeTopics } from './kafka-admin.ts'

/** What OpenWhisk's service for user events makes of a message, as strictly as its readers: it drops what they refuse. */
interface Event {
  readonly source: string
  readonly initiator: string
  readonly subject: string
  readonly metric?: string
  readonly namespace?: string
  readonly action?: string
  readonly status?: string
  readonly body: Readonly<Record<string, unknown>>
}

const STATUSES = ['success', 'application_error', 'action_developer_error', 'whisk_internal_error']
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function readStrictly({ key, headers, value }: KafkaMessage): Event {
  expect([key, headers]).toEqual([null, {}])
  const text = value!.toString('utf8')
  const event = JSON.parse(text) as Record<string, unknown> & { body: Record<string, unknown> }
  // Compact, and what is absent is left out.
  expect(text).toBe(JSON.stringify(event))
  expect(text).not.toContain('null')
  const { source, body, subject, namespace: initiator, userId, eventType, timestamp } = event
  expect(Object.keys(event).toSorted()).toEqual(
    ['source', 'body', 'subject', 'namespace', 'userId', 'eventType', 'timestamp'].toSorted(),
  )
  expect([source, subject, initiator, userId].every((field) => typeof field === 'string')).toBe(true)
  expect(userId).toMatch(UUID)
  expect(Number.isSafeInteger(timestamp)).toBe(true)
  const common = { source: source as string, initiator: initiator as string, subject: subject as string, body }
  if ('metricName' in body) {
    expect(eventType).toBe('Metric')
    expect(Object.keys(body).toSorted()).toEqual(['metricName', 'metricValue'])
    expect(Number.isSafeInteger(body['metricValue'])).toBe(true)
    return { ...common, metric: body['metricName'] as string }
  }
  expect(eventType).toBe('Activation')
  const { name, activationId, kind, conductor, causedBy, ...numbers } = body
  expect([typeof name, typeof activationId, typeof kind, typeof conductor]).toEqual([
    'string',
    'string',
    'string',
    'boolean',
  ])
  if (causedBy !== undefined) expect(typeof causedBy).toBe('string')
  const needed = ['statusCode', 'duration', 'waitTime', 'initTime', 'memory']
  expect(Object.keys(numbers)).toEqual(expect.arrayContaining(needed))
  const known = new Set([...needed, 'size', 'userDefinedStatusCode'])
  for (const [field, number] of Object.entries(numbers)) {
    expect([field, known.has(field), Number.isSafeInteger(number)]).toEqual([field, true, true])
  }
  const [namespace = '', ...rest] = (name as string).split('/')
  return {
    ...common,
    namespace,
    action: rest.join('/'),
    status: STATUSES[numbers['statusCode'] as number] ?? 'unknown',
  }
}

/** Reads the topic from its beginning, as the service's group does. */
async function readEvents(brokers: readonly string[], topic: string): Promise<Event[]> {
  const events: Event[] = []
  const faults: unknown[] = []
  const consumer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({
    groupId: `${topic}.kamon`,
  })
  onTestFinished(async () => {
    await consumer.disconnect()
    expect(faults).toEqual([])
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      try {
        events.push(readStrictly(message))
      } catch (fault) {
        faults.push(fault)
      }
    },
  })
  return events
}

async function put(client: EmbeddedClient, name: string, code: string, more: JsonObject = {}): Promise<void> {
  await client.putAction(name, { exec: { kind: 'nodejs:20', code: `function main(args) { ${code} }` }, ...more })
}

describeWith('kafka', 'user events on Kafka', (list) => {
  it('are what OpenWhisk’s service for them reads, for everything that can end', async () => {
    const brokers = list.split(',')
    const topicPrefix = `${uniqueName()}.`
    const platform: Platform = await assemble({
      containers: memoryContainers(),
      queue: kafkaQueue({ brokers, topicPrefix }),
      userEvents: true,
    })
    onTestFinished(async () => {
      await platform.close()
      await removeTopics(brokers, topicPrefix)
    })
    await platform.subjects.createUser('guest')
    await platform.subjects.createUser('other')
    const [guest, other] = [await platform.client('guest'), await platform.client('other')]
    const invoke = (client: EmbeddedClient, path: string) => client.request('POST', `${path}?blocking=true`, {})

    await guest.request('PUT', 'packages/p', { publish: true })
    await put(guest, 'p/good', 'return { statusCode: 201 }')
    await put(guest, 'late', 'return { statusCode: "many" }')
    await put(guest, 'refuses', 'return { error: { statusCode: 404 } }')
    await put(guest, 'throws', 'throw new Error("no")')
    await put(guest, 'web', 'return { body: "hi" }', { annotations: [{ key: 'web-export', value: true }] })
    await put(guest, 'composes', 'return args.on ? { params: {} } : { action: "p/good", state: { on: true } }', {
      annotations: [{ key: 'conductor', value: true }],
    })
    await guest.request('PUT', 'actions/both', { exec: { kind: 'sequence', components: ['/_/p/good', '/_/late'] } })
    await guest.request('PUT', 'triggers/t', {})
    await guest.request('PUT', 'rules/r', { trigger: '/_/t', action: '/_/p/good' })

    for (const name of ['p/good', 'late', 'refuses', 'throws', 'composes', 'both'])
      await invoke(guest, `actions/${name}`)
    await invoke(other, '/api/v1/namespaces/guest/actions/p/good')
    await guest.request('POST', 'triggers/t', {})
    expect((await guest.request('GET', '/api/v1/web/guest/default/web.http')).status).toBe(200)
    await platform.subjects.setLimits('other', { invocationsPerMinute: 0 })
    expect((await invoke(other, '/api/v1/namespaces/guest/actions/p/good')).status).toBe(429)
    await platform.subjects.setLimits('other', { invocationsPerMinute: 60, concurrentInvocations: 0 })
    expect((await invoke(other, '/api/v1/namespaces/guest/actions/p/good')).status).toBe(429)

    const events = await readEvents(brokers, `${topicPrefix}events`)
    const of = (action: string): Event[] => events.filter((event) => event.action === action)
    // Partitions have no order among them.
    const refusals = (): Event[] =>
      events.filter(({ metric }) => metric?.endsWith('RateLimit')).toSorted((a, b) => (a.metric! < b.metric! ? 1 : -1))
    const seen = (): Record<string, number> =>
      Object.fromEntries(
        ['p/good', 'late', 'refuses', 'throws', 'composes', 'both', 'web'].map((action) => [action, of(action).length]),
      )
    await eventually(
      () => `an event of each activation: ${JSON.stringify(seen())}`,
      // Alone, by another, by the rule, in the sequence, in the composition; a conductor runs twice in its composition.
      () =>
        Object.values(seen()).join() === '5,2,1,1,3,1,1' &&
        refusals().length === 2 &&
        events.some(({ metric }) => metric === 'ConcurrentInvocations'),
      60_000,
    )

    expect(new Set(events.map(({ namespace = 'guest' }) => namespace))).toEqual(new Set(['guest']))
    expect(
      of('p/good')
        .map(({ initiator }) => initiator)
        .toSorted(),
    ).toEqual(['guest', 'guest', 'guest', 'guest', 'other'])
    const codes = (action: string): unknown[] => of(action).map(({ body }) => body['userDefinedStatusCode'])
    expect(codes('p/good')).toEqual([201, 201, 201, 201, 201])
    expect(codes('late')).toEqual([400, 400])
    expect(codes('refuses')).toEqual([404])
    expect(codes('throws')).toEqual([undefined])
    expect(of('refuses').map(({ status }) => status)).toEqual(['application_error'])
    expect(of('throws').map(({ status }) => status)).toEqual(['action_developer_error'])
    expect(of('both')).toMatchObject([{ source: 'controller0', body: { kind: 'sequence', initTime: 0 } }])
    expect(of('composes').filter(({ source }) => source === 'controller0')).toMatchObject([
      { body: { conductor: true } },
    ])
    expect(of('p/good').filter(({ body }) => body['causedBy'] === 'sequence')).toHaveLength(2)
    expect(of('p/good').every(({ source, body }) => source === 'invoker0' && body['memory'] === 256)).toBe(true)
    expect(of('p/good').some(({ body }) => (body['initTime'] as number) > 0)).toBe(true)
    expect(refusals()).toMatchObject([
      {
        metric: 'TimedRateLimit',
        source: 'controller0',
        initiator: 'other',
        subject: 'other',
        body: { metricValue: 1 },
      },
      { metric: 'ConcurrentRateLimit', initiator: 'other', body: { metricValue: 1 } },
    ])
  }, 120_000)
})
