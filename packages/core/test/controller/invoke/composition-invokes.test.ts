import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '@stemcell/conformance'
import { ENTITY_STORE } from '../../../src/assembly/tokens.ts'
import { isJsonObject, type JsonObject } from '../../../src/model/json.ts'
import { memoryActivationStore } from '../../../src/store/memory-stores.ts'
import { annotations, CompositionPlatform, result, type CompositionPlatformOptions } from './composition-platform.ts'

const PATIENCE = { uniqueName: 'compositions', patienceMs: 10_000 }
const ID = /^[0-9a-f]{32}$/

let at: CompositionPlatform

beforeAll(async () => {
  at = await CompositionPlatform.start()
  await at.action('increment', 'return { n: args.n + 1 }')
  await at.action('double', 'return { n: args.n * 2 }')
  await at.action('fail', 'return { error: { n: args.n } }')
  await at.action('crash', 'process.exit(1)')
  await at.action('list', 'return [1, 2]')
  await at.action('slow', 'await new Promise((resolve) => setTimeout(resolve, 150)); return args')
  await at.package('other/shared', { publish: true })
  await at.action('shared/a', 'return args', {}, at.other)
  await at.sequence('calculate', '/_/increment', '/_/double')
})

afterAll(() => at.platform.close())

const started: CompositionPlatform[] = []

/** A platform for one test. */
async function fresh(options?: CompositionPlatformOptions): Promise<CompositionPlatform> {
  const own = await CompositionPlatform.start(options)
  started.push(own)
  return own
}

afterEach(async () => {
  for (const { platform } of started.splice(0)) await platform.close()
})

describe('invoking a sequence', () => {
  it('answers a blocking call with the whole record, the ids of the components in its logs', async () => {
    const { status, headers, body } = await at.invoke('calculate', { n: 1 })
    const record = body as JsonObject
    expect(status).toBe(200)
    expect(headers['x-openwhisk-activation-id']).toBe(record['activationId'])
    expect(record).toMatchObject({
      namespace: 'me',
      name: 'calculate',
      subject: 'me',
      response: { status: 'success', success: true, result: { n: 4 } },
    })
    expect(record['response']).not.toHaveProperty('statusCode')
    expect(record['logs']).toEqual([expect.stringMatching(ID), expect.stringMatching(ID)])
    expect(Object.keys(annotations(record))).toEqual(['topmost', 'path', 'kind', 'waitTime', 'limits'])
    await eventually('the record is stored', PATIENCE, async () => {
      const stored = await at.record(record['activationId'])
      if (stored) expect(stored).toEqual(record)
      return stored !== undefined
    })
  })

  it('leaves records of its components that say what caused them, each with a wait of its own', async () => {
    await at.sequence('slowly', '/_/slow', '/_/increment')
    const { body } = await at.invoke('slowly', { n: 1 })
    const { activationId, logs, duration } = body as { activationId: string; logs: string[]; duration: number }
    let sum = 0
    for (const id of logs) {
      await eventually('the record is stored', PATIENCE, async () => (await at.record(id)) !== undefined)
      const record = (await at.record(id))!
      expect(record['cause']).toBe(activationId)
      expect(annotations(record)).toMatchObject({ causedBy: 'sequence' })
      expect(annotations(record)['waitTime']).toBeLessThan(140)
      sum += record['duration'] as number
    }
    expect(duration).toBe(sum)
    expect(body).not.toHaveProperty('cause')
  })

  it('answers with the result alone when asked to, and with a bare array always', async () => {
    expect((await at.invoke('calculate', { n: 2 }, '?blocking=true&result=true')).body).toEqual({ n: 6 })
    await at.sequence('lists', '/_/increment', '/_/list')
    expect((await at.invoke('lists')).body).toEqual([1, 2])
  })

  it.each([
    ['fail', 502, 'application error'],
    ['crash', 502, 'action developer error'],
  ])('answers %s like the component that failed', async (name, expected, text) => {
    await at.sequence(`with-${name}`, '/_/increment', `/_/${name}`, '/_/double')
    const { status, body } = await at.invoke(`with-${name}`, { n: 1 })
    expect(status).toBe(expected)
    expect(body).toMatchObject({
      response: { status: text, success: false },
      logs: [expect.any(String), expect.any(String)],
    })
  })

  it('answers 502 where a component vanished', async () => {
    await at.action('passing', 'return args')
    await at.sequence('through', '/_/increment', '/_/passing')
    await at.me.request('DELETE', 'actions/passing')
    const answer = await at.invoke('through', { n: 1 })
    expect(answer.status).toBe(502)
    expect(result(answer)).toEqual({ error: 'Sequence component does not exist.' })
    expect(answer.body).toMatchObject({ response: { status: 'application error' } })
  })

  it('uses a component as it is now, not as it was when the sequence was written', async () => {
    await at.action('changing', 'return { version: 1 }')
    await at.sequence('changes', '/_/changing')
    expect(result(await at.invoke('changes'))).toEqual({ version: 1 })
    await at.action('changing', 'return { version: 2 }')
    expect(result(await at.invoke('changes'))).toEqual({ version: 2 })
  })

  it('answers 202 at once when nobody waits, and stores the record later', async () => {
    const { status, headers, body } = await at.invoke('slowly', { n: 1 }, '')
    expect(status).toBe(202)
    const { activationId } = body as { activationId: string }
    expect(body).toEqual({ activationId })
    expect(headers['x-openwhisk-activation-id']).toBe(activationId)
    await eventually('the record is stored', PATIENCE, async () => (await at.record(activationId)) !== undefined)
    expect(await at.record(activationId)).toMatchObject({ response: { result: { n: 2 } } })
  })

  it('answers 202 with its own id when the wait is over, and goes on', async () => {
    const { status, body } = await at.invoke('slowly', { n: 5 }, '?blocking=true&timeout=20')
    expect(status).toBe(202)
    const { activationId } = body as { activationId: string }
    await eventually('the record is stored', PATIENCE, async () => (await at.record(activationId)) !== undefined)
    expect(await at.record(activationId)).toMatchObject({ name: 'slowly', response: { result: { n: 6 } } })
  })

  it('goes on when the connection of its caller is lost', async () => {
    await at.action('first', 'return {}')
    await at.action('last', 'return { last: true }')
    await at.sequence('unwatched', '/_/first', '/_/slow', '/_/last')
    const { cut } = await at.ask('actions/unwatched?blocking=true')
    const ran = async (name: string): Promise<boolean> => {
      const { body } = await at.me.request('GET', `activations?name=${name}&limit=1`)
      return (body as JsonObject[]).length > 0
    }
    await eventually('the first component ran', PATIENCE, () => ran('first'))
    await cut()
    await eventually('the sequence ended', PATIENCE, () => ran('unwatched'))
    const { body } = await at.me.request('GET', 'activations?name=unwatched&docs=true')
    expect(body).toMatchObject([{ response: { result: { last: true } }, logs: { length: 3 } }])
  })

  it('is refused when a component may not be used any more, before anything runs', async () => {
    await at.sequence('borrows', '/_/increment', '/other/shared/a')
    expect((await at.invoke('borrows', { n: 1 })).status).toBe(200)
    const id = 'other/shared'
    const store = at.platform.use(ENTITY_STORE)
    const { document, revision } = (await store.get(id))!
    await store.put(id, { ...document, publish: false }, { revision })
    await at.other.request('PUT', 'actions/shared/a?overwrite=true', {})
    const { status, body } = await at.invoke('borrows', { n: 1 })
    expect([status, (body as JsonObject)['error']]).toEqual([
      403,
      "The supplied authentication is not authorized to access 'other/shared'.",
    ])
  })

  it('nests: the inner one appears as one id and its record has its own components', async () => {
    await at.sequence('outer', '/_/calculate', '/_/calculate', '/_/increment')
    const { body } = await at.invoke('outer', { n: 1 })
    const { activationId, logs, response } = body as { activationId: string; logs: string[]; response: JsonObject }
    expect(response['result']).toEqual({ n: 11 })
    expect(logs).toHaveLength(3)
    await eventually('the inner record is stored', PATIENCE, async () => (await at.record(logs[0])) !== undefined)
    expect(await at.record(logs[0])).toMatchObject({ name: 'calculate', cause: activationId, logs: { length: 2 } })
  })

  it('appears in listings under its name, its duration there being end less start', async () => {
    const { body } = await at.me.request('GET', 'activations?name=slowly&limit=1')
    const [{ start, end, duration }] = body as [{ start: number; end: number; duration: number }]
    expect(duration).toBe(end - start)
  })
})

describe('invoking a composition', () => {
  beforeAll(async () => {
    await at.conductor(
      'compose',
      `const step = args.$step || 0
       delete args.$step
       return step < 2
         ? { action: ['increment', 'calculate'][step], params: args, state: { $step: step + 1 } }
         : { params: args }`,
    )
  })

  it('runs actions and sequences as the conductor says', async () => {
    const { status, body } = await at.invoke('compose', { n: 1 })
    expect(status).toBe(200)
    expect(body).toMatchObject({ response: { result: { n: 6 } }, logs: { length: 5 } })
    expect(annotations(body)).toMatchObject({ topmost: true, kind: 'sequence', conductor: true })
    const { activationId, logs } = body as { activationId: string; logs: string[] }
    for (const id of logs) {
      await eventually('the record is stored', PATIENCE, async () => (await at.record(id)) !== undefined)
      expect(await at.record(id)).toMatchObject({ cause: activationId })
    }
    await eventually('the record is stored', PATIENCE, async () => (await at.record(activationId)) !== undefined)
    expect(await at.record(activationId)).toEqual(body)
  })

  it('can be a component of a sequence', async () => {
    await at.sequence('around', '/_/compose', '/_/increment')
    const { body } = await at.invoke('around', { n: 1 })
    expect(body).toMatchObject({ response: { result: { n: 7 } }, logs: { length: 2 } })
  })

  it('lets the conductor handle what it cannot run', async () => {
    await at.conductor('careful', 'return args.error ? { params: { caught: args.error } } : { action: "gone" }')
    const answer = await at.invoke('careful')
    expect(answer.status).toBe(200)
    expect(result(answer)).toEqual({ caught: "Failed to resolve action with name 'me/gone' during composition." })
  })

  it('answers 502 with the error of the conductor, and 500 when its result is an array', async () => {
    await at.conductor('failing', 'return { error: "no" }')
    await at.conductor('array', 'return [1]')
    expect((await at.invoke('failing')).status).toBe(502)
    const answer = await at.invoke('array')
    expect(answer.status).toBe(500)
    expect(result(answer)).toEqual({ error: 'Activation failure during composition.' })
  })

  it('can be invoked without waiting', async () => {
    const { status, body } = await at.invoke('compose', { n: 2 }, '')
    expect(status).toBe(202)
    const { activationId } = body as { activationId: string }
    await eventually('the record is stored', PATIENCE, async () => (await at.record(activationId)) !== undefined)
    expect(await at.record(activationId)).toMatchObject({ response: { result: { n: 8 } } })
  })
})

describe('composites and the rest of the platform', () => {
  it('charge the topmost invocation only', async () => {
    const own = await fresh({
      ownLimits: { invocationsPerMinute: 2, concurrentInvocations: 1 },
    })
    await own.action('a', 'return args')
    await own.sequence('inner', '/_/a', '/_/a')
    await own.sequence('outer', '/_/inner', '/_/a', '/_/inner')
    expect((await own.invoke('outer')).status).toBe(200)
    expect((await own.invoke('outer')).status).toBe(200)
    expect((await own.invoke('outer')).status).toBe(429)
  })

  it('hold their concurrent place until they have ended', async () => {
    const own = await fresh({ ownLimits: { concurrentInvocations: 1 } })
    await own.action('slow', 'await new Promise((resolve) => setTimeout(resolve, 100)); return args')
    await own.sequence('seq', '/_/slow', '/_/slow')
    const { body } = await own.invoke('seq', {}, '')
    expect((await own.invoke('seq')).status).toBe(429)
    await eventually(
      'it ended',
      PATIENCE,
      async () => (await own.record((body as JsonObject)['activationId'])) !== undefined,
    )
    expect((await own.invoke('seq')).status).toBe(200)
  })

  it('leave no record in a namespace that stores none', async () => {
    const own = await fresh({ ownLimits: { storeActivations: false } })
    await own.action('a', 'return args')
    await own.sequence('seq', '/_/a')
    expect((await own.invoke('seq', { x: 1 })).status).toBe(200)
    expect(await own.records()).toEqual([])
  })

  it('obey the store levels of the platform', async () => {
    const storeLevels = { blocking: 'failures', nonBlocking: 'always' } as const
    const own = await fresh({ storeLevels })
    await own.action('a', 'return args')
    await own.sequence('seq', '/_/a')
    expect((await own.invoke('seq', { x: 1 })).status).toBe(200)
    const { body } = await own.invoke('seq', { x: 1 }, '')
    await eventually(
      'it ended',
      PATIENCE,
      async () => (await own.record((body as JsonObject)['activationId'])) !== undefined,
    )
    expect((await own.records()).map(({ name }) => name)).toEqual(['seq'])
  })

  it('end with a record that is stored when the platform has closed under them', async () => {
    const kept = memoryActivationStore()
    const stored: JsonObject[] = []
    const own = await fresh({
      activationStore: {
        ...kept,
        build: (context) => {
          const store = kept.build(context)
          const put = store.put.bind(store)
          store.put = async (activation) => {
            // As slow as a store that gathers records.
            await context.clock.sleep(50)
            const outcome = await put(activation)
            const { activationId, name, response } = activation
            stored.push({ id: activationId, name, status: response.statusCode })
            return outcome
          }
          return store
        },
      },
    })
    await own.action('endless', 'await new Promise(() => undefined)')
    await own.action('quick', 'return args')
    await own.sequence('inner', '/_/quick', '/_/endless', '/_/quick')
    await own.sequence('seq', '/_/inner')
    await own.conductor('compose', 'return { action: "endless" }')
    const ids: unknown[] = []
    for (const name of ['seq', 'compose']) {
      const { body } = await own.invoke(name, {}, '')
      if (isJsonObject(body)) ids.push(body['activationId'])
    }
    await eventually('steps are running', PATIENCE, () => stored.filter(({ status }) => status === 0).length >= 2)
    await own.platform.close()
    for (const id of ids) expect(stored.filter((record) => record['id'] === id)).toMatchObject([{ status: 3 }])
    expect(stored.filter(({ name }) => name === 'inner')).toMatchObject([{ status: 3 }])
  })

  it('come to their end while the platform drains', async () => {
    const own = await fresh()
    await own.action('slow', 'await new Promise((resolve) => setTimeout(resolve, 50)); return args')
    await own.sequence('seq', '/_/slow', '/_/slow', '/_/slow')
    const answer = own.invoke('seq', { x: 1 })
    await eventually('the first step ran', PATIENCE, async () => (await own.records()).length > 0)
    await own.platform.close({ drainMs: 5_000 })
    expect(result(await answer)).toEqual({ x: 1 })
  })
})
