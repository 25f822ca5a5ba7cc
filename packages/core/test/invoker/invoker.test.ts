import { afterEach, describe, expect, it, vi } from 'vitest'
import { isPlatformError, PlatformError } from '../../src/errors.ts'
import type { InvokerObserver } from '../../src/invoker/parts/observer.ts'
import type { ActivationLog } from '../../src/container/activation-log.ts'
import type { Container } from '../../src/container/container-factory.ts'
import { bytesBody } from '../../src/queue/message-body.ts'
import { invokerTopic } from '../../src/messages/invoker-instance.ts'
import type { SimulatedAnswer, SimulatedCall } from '../../src/container/simulated-containers.ts'
import type { Activation } from '../../src/model/activation.ts'
import { isJsonObject } from '../../src/model/json.ts'
import { annotation, InvokerBench, type BenchOptions } from './fakes/invoker-bench.ts'
import { StoppedClock } from '../time/stopped-clock.ts'
import { anIdentity } from './fakes/model-samples.ts'

let bench: InvokerBench

async function start(options: BenchOptions = {}): Promise<void> {
  bench = new InvokerBench(options)
  await bench.open()
  await bench.define()
}

/** Containers that start in 100 ms and answer every run like this. */
function answering(
  run: SimulatedAnswer | ((call: SimulatedCall) => SimulatedAnswer),
  init: SimulatedAnswer = {},
): BenchOptions {
  return {
    containers: {
      behaviour: {
        create: () => ({ delayMs: 100 }),
        init: () => init,
        run: typeof run === 'function' ? run : () => run,
      },
    },
  }
}

const errorOf = ({ response: { result } }: Activation): unknown =>
  isJsonObject(result?.value) ? result.value['error'] : undefined
/** Until the function that it returns is called. */
function storeDoesNotAnswer(): () => void {
  const refuse = (): never => {
    throw new PlatformError('ERR_UNAVAILABLE', 'no')
  }
  const put = vi.spyOn(bench.records, 'put').mockImplementation(async () => refuse())
  const putProvisional = vi.spyOn(bench.records, 'putProvisional').mockImplementation(refuse)
  return () => {
    put.mockRestore()
    putProvisional.mockRestore()
  }
}

const texts = (record: Activation): string[] => record.logs.map((line) => line.slice(31))

afterEach(() => bench.close())

describe('an activation', () => {
  it('ends in one record with the annotations of OpenWhisk and those of its stages', async () => {
    await start(answering({ delayMs: 20, body: '{"a":1}' }, { delayMs: 30 }))
    const record = await bench.run()
    expect(record).toMatchObject({
      namespace: 'guest',
      name: 'hello',
      version: '0.0.1',
      subject: 'guest-subject',
      publish: false,
      duration: 50,
      logs: [],
    })
    expect(record.end! - record.start).toBe(50)
    expect(record.response.statusCode).toBe(0)
    expect(record.response.result?.value).toEqual({ a: 1 })
    expect(record.response.size).toBe(7)
    expect(record.annotations).toEqual([
      { key: 'path', value: 'guest/hello' },
      { key: 'waitTime', value: 100 },
      { key: 'kind', value: 'nodejs:20' },
      { key: 'timeout', value: false },
      { key: 'limits', value: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 } },
      { key: 'initTime', value: 30 },
      { key: 'acquired', value: { how: 'cold', reason: 'no-container' } },
      { key: 'stages', value: { queue: 0, acquire: 100, init: 30, run: 20, logs: 0 } },
    ])
  })

  it('in a hot container has no initTime', async () => {
    await start(answering({ delayMs: 20 }))
    await bench.run()
    const record = await bench.run()
    expect(annotation(record, 'acquired')).toEqual({ how: 'hot' })
    expect(annotation(record, 'initTime')).toBeUndefined()
    expect(record.duration).toBe(20)
  })

  it('of a sequence says so, and one through a binding names it', async () => {
    await start(answering({}))
    const cause = 'c'.repeat(32)
    const record = await bench.run({ cause, action: { path: 'guest', name: 'hello', binding: 'me/bound' } })
    expect(record.cause).toBe(cause)
    expect(annotation(record, 'causedBy')).toBe('sequence')
    expect(annotation(record, 'binding')).toBe('me/bound')
  })

  it('never shares a container with another namespace, binding or revision', async () => {
    await start(answering({}))
    await bench.run()
    const other = await bench.run({ user: anIdentity('other') })
    const bound = await bench.run({ action: { path: 'guest', name: 'hello', binding: 'me/bound' } })
    await bench.define({ exec: { kind: 'nodejs:20', code: { text: 'new' }, binary: false } })
    const updated = await bench.run()
    const hows = [other, bound, updated].map((record) => (annotation(record, 'acquired') as { how: string }).how)
    expect(hows).toEqual(['cold', 'cold', 'cold'])
    expect((annotation(await bench.run(), 'acquired') as { how: string }).how).toBe('hot')
  })

  it('reads code that is kept as an attachment', async () => {
    const bodies: string[] = []
    await start({ containers: { behaviour: { init: ({ body }) => (bodies.push(body), {}) } } })
    const text = `// ${'long '.repeat(100)}`
    await bench.define({ exec: { kind: 'nodejs:20', code: { text }, binary: false, main: 'go' } })
    await bench.run()
    expect(JSON.parse(bodies[0]!)).toMatchObject({ value: { code: text, main: 'go', name: 'hello', binary: false } })
  })
})

describe('acknowledgements', () => {
  it('of a blocking activation bring the result before the logs are there, and then the completion', async () => {
    await start(answering({ delayMs: 20, body: '{"a":1}', logs: [{ text: 'hi' }], logEndMs: 20 }))
    const id = await bench.send({ blocking: true })
    const record = await bench.record(id)
    expect(texts(record)).toEqual(['stdout: hi'])
    const [result, completion, ...more] = bench.acksOf(id)
    expect(more).toEqual([])
    expect(result!.completion).toBeUndefined()
    expect(result!.response).toMatchObject({ activationId: id, logs: [] })
    expect((result!.response as Activation).response.result?.value).toEqual({ a: 1 })
    expect(completion).toMatchObject({ completion: { systemError: false, instance: { id: 0 } } })
    expect(completion!.response).toBeUndefined()
  })

  it.each([
    ['without logs', 0],
    ['whose logs are there', 10],
  ])('of a blocking activation %s are one', async (_, logs) => {
    await start(answering({ body: '{}' }))
    await bench.define({ limits: { logs } })
    const id = await bench.send({ blocking: true })
    await bench.record(id)
    expect(bench.acksOf(id)).toMatchObject([{ response: { activationId: id }, completion: { systemError: false } }])
  })

  it('of other activations are one, sent when the record is stored', async () => {
    const seen: unknown[] = []
    await start(answering({}))
    const put = bench.records.put.bind(bench.records)
    bench.records.put = async (record) => {
      seen.push(bench.acksOf(record.activationId).length)
      await bench.clock.sleep(500)
      seen.push(bench.acksOf(record.activationId).length)
      return put(record)
    }
    const id = await bench.send()
    await bench.record(id)
    await bench.clock.advance(10)
    expect(seen).toEqual([0, 0])
    expect(bench.acksOf(id)).toMatchObject([{ response: 'stored', completion: { systemError: false } }])
  })

  it('that are too large for the queue point to the record', async () => {
    await start(answering({ body: JSON.stringify({ big: 'x'.repeat(1_000) }), logEndMs: 20 }))
    const publish = bench.queue.publish.bind(bench.queue)
    bench.queue.publish = (topic, body, options) =>
      topic === 'completedc0' && body.bytes().length > 800
        ? Promise.reject(new PlatformError('ERR_TOO_LARGE', 'no'))
        : publish(topic, body, options)
    const id = await bench.send({ blocking: true })
    await bench.record(id)
    await bench.clock.advance(10)
    expect(bench.acksOf(id)).toMatchObject([{ completion: { systemError: false } }, { response: 'stored' }])
  })

  it('are repeated until the queue takes them', async () => {
    await start(answering({}))
    const publish = bench.queue.publish.bind(bench.queue)
    let refusals = 3
    bench.queue.publish = (topic, body, options) =>
      topic === 'completedc0' && refusals-- > 0
        ? Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'no'))
        : publish(topic, body, options)
    const id = await bench.send()
    await bench.record(id)
    await bench.clock.advance(2_000)
    expect(bench.acksOf(id)).toHaveLength(1)
  })
})

describe('what an action does wrong', () => {
  it('is told as the runtime tells it, and costs it its container', async () => {
    await start(answering({ status: 502, body: '{"error":"thrown"}' }))
    const record = await bench.run()
    expect(record.response).toMatchObject({ statusCode: 2, size: 18 })
    expect(errorOf(record)).toBe('thrown')
    expect(texts(record)).toEqual([
      'stderr: The action did not initialize or run as expected. Log data might be missing.',
    ])
    expect(annotation(await bench.run(), 'acquired')).toEqual({ how: 'cold', reason: 'no-container' })
  })

  it('is an application error when it says so itself, and keeps the container', async () => {
    await start(answering({ body: '{"error":{"statusCode":404},"dropped":1}' }))
    const record = await bench.run()
    expect(record.response.statusCode).toBe(1)
    expect(record.response.result?.value).toEqual({ error: { statusCode: 404 } })
    expect(annotation(await bench.run(), 'acquired')).toEqual({ how: 'hot' })
  })

  it('ends it at its time limit, with the container', async () => {
    await start(answering({ failure: 'never-answers' }))
    await bench.define({ limits: { timeout: 1_000 } })
    const id = await bench.send()
    await bench.clock.advance(1_095)
    expect(await bench.containers.list({ platform: 'test', invoker: 'invoker0' })).toHaveLength(1)
    await bench.clock.advance(10)
    expect(await bench.containers.list({ platform: 'test', invoker: 'invoker0' })).toHaveLength(0)
    const record = await bench.record(id)
    expect(errorOf(record)).toBe('The action exceeded its time limits of 1000 milliseconds.')
    expect(annotation(record, 'timeout')).toBe(true)
    expect(record.duration).toBe(1_000)
  })

  it('does not count the time that the process stood still, and could not hear of its end', async () => {
    const clock = new StoppedClock()
    await start({ ...answering({ delayMs: 700 }), clock })
    await bench.define({ limits: { timeout: 1_000 } })
    // What is kept for it has a deadline, so that somebody looks at the time.
    await bench.run()
    const id = await bench.send()
    await clock.advance(100)
    clock.stoodStillMs = 30_000
    const record = await bench.record(id)
    expect(record.response.statusCode).toBe(0)
    expect(annotation(record, 'timeout')).toBe(false)
    expect(annotation(await bench.run(), 'acquired')).toEqual({ how: 'hot' })
  })

  it('has one time limit for initialisation and run together', async () => {
    await start(answering({ delayMs: 700 }, { delayMs: 700 }))
    await bench.define({ limits: { timeout: 1_000 } })
    const record = await bench.run()
    expect(errorOf(record)).toBe('The action exceeded its time limits of 1000 milliseconds.')
    expect(record.duration).toBe(1_000)
    expect(annotation(record, 'initTime')).toBe(700)
  })

  it('ends only the run that is too slow; its container takes no more, and goes when the others have ended', async () => {
    await start(
      answering(({ body }) => {
        const { delayMs } = (JSON.parse(body) as { value: { delayMs?: number } }).value
        return delayMs === undefined ? { failure: 'never-answers' } : { delayMs, body: '{"ok":true}' }
      }),
    )
    await bench.define({ limits: { timeout: 1_000, concurrency: 2 } })
    await bench.run({ args: { delayMs: 1 } })
    const hanging = await bench.send({ args: {} })
    await bench.clock.advance(500)
    const sharing = await bench.send({ args: { delayMs: 900 } })
    await bench.clock.advance(600)
    expect(errorOf(await bench.record(hanging))).toBe('The action exceeded its time limits of 1000 milliseconds.')
    expect(annotation(await bench.run({ args: { delayMs: 1 } }), 'acquired')).toMatchObject({ how: 'cold' })
    const ids = async (): Promise<string[]> =>
      (await bench.containers.list({ platform: 'test', invoker: 'invoker0' })).map(({ id }) => id)
    expect(await ids()).toHaveLength(2)
    expect((await bench.record(sharing)).response.result?.value).toEqual({ ok: true })
    await bench.clock.advance(100)
    expect(await ids()).toHaveLength(1)
  })

  it('during initialisation is told as such', async () => {
    await start(answering({}, { delayMs: 2_000 }))
    await bench.define({ limits: { timeout: 1_000 } })
    const record = await bench.run()
    expect(errorOf(record)).toBe('The action exceeded its time limits of 1000 milliseconds during initialization.')
    expect(annotation(record, 'timeout')).toBe(true)
  })

  it('is an early death, told with its reason', async () => {
    await start(answering({ delayMs: 5, exit: { reason: 'out-of-memory' }, logs: [{ text: 'last words' }] }))
    const record = await bench.run()
    expect(errorOf(record)).toBe('The action exhausted its memory and was aborted.')
    expect(texts(record)[0]).toBe('stdout: last words')
    expect(record.response.size).toBeUndefined()
  })

  it('is a result that is too long, which is cut', async () => {
    await start(answering({ body: JSON.stringify({ a: 'x'.repeat(2_000) }) }))
    const user = anIdentity('guest', { maxPayloadSize: '1 KB', truncationSize: '10 B' })
    const record = await bench.run({ user })
    expect(record.response).toMatchObject({ statusCode: 1, size: 2_008 })
    expect(errorOf(record)).toBe(
      'The action produced a response that exceeded the allowed length: 2008 > 1024 bytes. ' +
        'The truncated response was: {"a":"xxxx',
    )
  })
})

describe('what the platform does wrong', () => {
  it.each([
    ['ERR_START_FAILED', 3, 'Failed to provision resources to run the action.'],
    ['ERR_UNAVAILABLE', 3, 'Failed to provision resources to run the action.'],
    ['ERR_IMAGE', 2, "Failed to pull container image 'x'."],
    ['ERR_UNSUPPORTED', 2, "Images such as 'x' are not run here."],
  ] as const)('as a start that fails with %s has status %i', async (code, statusCode, text) => {
    const failure = new PlatformError(code, text)
    await start({ containers: { behaviour: { create: () => ({ delayMs: 10, failure }) } } })
    const id = await bench.send()
    const record = await bench.record(id)
    expect(record.response.statusCode).toBe(statusCode)
    expect(errorOf(record)).toBe(text)
    expect(record.duration).toBe(0)
    expect(record.annotations.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['path', 'kind', 'limits', 'timeout', 'waitTime']),
    )
    expect(bench.acksOf(id)).toMatchObject([{ completion: { systemError: statusCode === 3 } }])
  })

  it('as a start that fails is told with what the factory lets the user know', async () => {
    const failure = new PlatformError('ERR_START_FAILED', 'for the operator', { userHint: 'There is no image.' })
    await start({ containers: { behaviour: { create: () => ({ delayMs: 10, failure }) } } })
    expect(errorOf(await bench.record(await bench.send()))).toBe(
      'Failed to provision resources to run the action. There is no image.',
    )
  })

  it.each<[string, SimulatedAnswer]>([
    ['cannot be reached', { failure: 'not-reached' }],
    ['is shutting down', { status: 503 }],
  ])('as a container that %s is made good by another one', async (_what, refusal) => {
    let runs = 0
    await start(answering(() => (runs++ === 1 ? refusal : { body: '{"ok":1}' })))
    await bench.run()
    const record = await bench.run()
    expect(record.response.result?.value).toEqual({ ok: 1 })
    expect(annotation(record, 'acquired')).toEqual({ how: 'cold', reason: 'replacement' })
  })

  it('as containers none of which can be reached ends it after a few', async () => {
    let runs = 0
    await start(answering(() => (runs++, { failure: 'not-reached' })))
    const record = await bench.run()
    expect(errorOf(record)).toBe('The action did not produce a valid response and exited unexpectedly.')
    expect(runs).toBe(4)
  })

  const bug = (): never => {
    throw new TypeError('bug')
  }

  /** Containers of which those at first are changed. */
  function changed(change: (container: Container) => void, count = 1): BenchOptions {
    return {
      factory: (factory) => {
        const create = factory.create.bind(factory)
        let made = 0
        factory.create = async (spec, options) => {
          const container = await create(spec, options)
          if (made++ < count) change(container)
          return container
        }
        return factory
      },
    }
  }

  it.each<[string, (container: Container) => void]>([
    ['a run that rejects', (container) => (container.run = () => Promise.reject(new TypeError('bug')))],
    ['a run that throws at once', (container) => (container.run = bug)],
    ['an init that throws at once', (container) => (container.init = bug)],
    ['a log that cannot be opened', (container) => (container.openLog = bug)],
  ])('as %s, which no adapter may have, is a whisk error, and takes nothing from the next', async (_, change) => {
    await start(changed(change))
    expect((await bench.run()).response.statusCode).toBe(3)
    expect((await bench.run()).response.statusCode).toBe(0)
    expect(bench.invoker.gauges).toMatchObject({ busy: 0 })
  })

  it('as a run that throws at once in a container that was used before is a whisk error', async () => {
    let container: Container | undefined
    await start(changed((made) => (container = made)))
    expect((await bench.run()).response.statusCode).toBe(0)
    container!.run = bug
    expect((await bench.run()).response.statusCode).toBe(3)
    expect((await bench.run()).response.statusCode).toBe(0)
    expect(bench.invoker.gauges).toMatchObject({ busy: 0 })
  })

  it.each<[string, ActivationLog['collect']]>([
    ['throw', bug],
    ['reject', () => Promise.reject(new TypeError('bug'))],
  ])(
    'as logs that %s, which they may not, is told in the record, and takes nothing from the next',
    async (_, collect) => {
      await start(changed((container) => (container.openLog = () => ({ collect }))))
      const record = await bench.run({ blocking: true })
      expect(record.response.statusCode).toBe(0)
      expect(texts(record)).toEqual(['stderr: There was an issue while collecting your logs. Data might be missing.'])
      expect((await bench.run()).response.statusCode).toBe(0)
      expect(bench.invoker.gauges).toMatchObject({ busy: 0 })
    },
  )

  it('as a store that fails is repeated until the record is stored', async () => {
    await start(answering({}))
    const put = bench.records.put.bind(bench.records)
    let failures = 5
    bench.records.put = (record) =>
      failures-- > 0 ? Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'no')) : put(record)
    expect((await bench.run()).response.statusCode).toBe(0)
  })

  it('as a record that the store finds too large costs it first the logs, then the result', async () => {
    await start(answering({ body: '{"a":1}', logs: [{ text: 'hi' }] }))
    const put = bench.records.put.bind(bench.records)
    const tried: Activation[] = []
    bench.records.put = (record) => {
      tried.push(record)
      return tried.length < 3 ? Promise.reject(new PlatformError('ERR_TOO_LARGE', 'no')) : put(record)
    }
    const record = await bench.run()
    expect(tried[1]!.response.result?.value).toEqual({ a: 1 })
    expect(texts(tried[1]!)).toEqual(['stderr: There was an issue while collecting your logs. Data might be missing.'])
    expect(errorOf(record)).toMatch(/^The activation record exceeded the allowed length/)
  })

  it('as a log store that fails costs only the logs', async () => {
    await start(answering({ logs: [{ text: 'hi' }] }))
    bench.logStore.keep = () => Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'no'))
    const record = await bench.run()
    expect(record.response.statusCode).toBe(0)
    expect(texts(record)).toEqual(['stderr: There was an issue while collecting your logs. Data might be missing.'])
  })
})

describe('an action', () => {
  it.each([
    ['that is not there', 1, 'Action could not be found or may have been deleted.', async () => undefined],
    [
      'that is no action',
      3,
      'Action version is not compatible and cannot be invoked.',
      async () => bench.entities.put('guest/nothing', { entityType: 'trigger', name: 'nothing', namespace: 'guest' }),
    ],
    [
      'that cannot be read',
      3,
      'Action version is not compatible and cannot be invoked.',
      async () => bench.entities.put('guest/nothing', { entityType: 'action', exec: 1, name: 'nothing' }),
    ],
    [
      'of a kind that is gone',
      3,
      'Action version is not compatible and cannot be invoked.',
      async () => bench.define({ name: 'nothing', exec: { kind: 'cobol:1', code: { text: '' }, binary: false } }),
    ],
    [
      'that the store does not give out',
      3,
      'Action could not be fetched.',
      async () => {
        bench.entities.get = () => Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'no'))
      },
    ],
    [
      'above the limits of its caller',
      1,
      'requirement failed: memory size 512 MB exceeds allowed threshold of 256 MB',
      async () => bench.define({ name: 'nothing', limits: { memory: 512 } }),
    ],
  ])('%s ends with status %i', async (_what, statusCode, text, prepare) => {
    await start()
    await prepare()
    const user = anIdentity('guest', { maxActionMemory: 256 })
    const id = await bench.send({ user, blocking: true, action: { path: 'guest', name: 'nothing' } })
    const record = await bench.record(id)
    expect(record.response.statusCode).toBe(statusCode)
    expect(errorOf(record)).toBe(text)
    expect(record.duration).toBe(0)
    expect(record.annotations).toEqual([
      { key: 'path', value: 'guest/nothing' },
      { key: 'kind', value: 'unknown' },
    ])
    expect(bench.acksOf(id)).toMatchObject([{ response: { activationId: id }, completion: {} }])
  })

  it('is read once per revision, also by activations that come at the same time', async () => {
    await start(answering({ delayMs: 10 }))
    let reads = 0
    const get = bench.entities.get.bind(bench.entities)
    bench.entities.get = (id) => (reads++, get(id))
    await Promise.all([bench.send(), bench.send(), bench.send()])
    await bench.clock.advance(1_000)
    await bench.run()
    expect(reads).toBe(1)
  })
})

describe('a message that comes again', () => {
  const again = (activationId: string): Promise<string> => bench.send({ activationId })

  it('while it is being run is not run twice', async () => {
    let runs = 0
    await start(answering(() => (runs++, { delayMs: 100 })))
    const id = await bench.send()
    await again(id)
    await bench.clock.advance(2_000)
    expect(runs).toBe(1)
    expect(bench.acksOf(id)).toHaveLength(1)
  })

  it('after it was run is not run twice', async () => {
    let runs = 0
    await start(answering(() => (runs++, {})))
    const { activationId } = await bench.run()
    await again(activationId)
    await bench.clock.advance(2_000)
    expect(runs).toBe(1)
  })
})

describe('a message that is no activation', () => {
  it('is dropped', async () => {
    await start(answering({}))
    await bench.queue.publish(invokerTopic(0), bytesBody(Buffer.from('nonsense')))
    expect((await bench.run()).response.statusCode).toBe(0)
  })
})

describe('logs', () => {
  it('are not read when the action wants none', async () => {
    await start(answering({ status: 502, body: '{"error":"x"}', logs: [{ text: 'hi' }] }))
    await bench.define({ limits: { logs: 0 } })
    expect((await bench.run()).logs).toEqual([])
  })

  it('over the limit are cut without costing the container', async () => {
    const line = { text: 'x'.repeat(1_000) }
    await start(answering({ logs: Array.from({ length: 1_100 }, () => line) }))
    await bench.define({ limits: { logs: 1 } })
    const record = await bench.run()
    expect(texts(record).at(-1)).toBe(
      'stderr: Logs were truncated because the total bytes size exceeds the limit of 1048576 bytes.',
    )
    expect(annotation(await bench.run(), 'acquired')).toEqual({ how: 'hot' })
  })

  it('keep a container to itself until they were read where they cannot be told apart', async () => {
    await start({
      containers: { capabilities: { attributedLogs: false }, behaviour: { run: () => ({ delayMs: 50 }) } },
    })
    await bench.define({ limits: { concurrency: 5 } })
    const ids = await Promise.all([bench.send(), bench.send()])
    for (const id of ids) await bench.record(id)
    expect(await bench.containers.list({ platform: 'test', invoker: 'invoker0' })).toHaveLength(2)
  })

  it.each([
    [
      'a container each where the image is the user’s, which may not tell them apart',
      { kind: 'blackbox', image: 'me/mine', binary: false },
      2,
    ],
    ['one container where the image is the platform’s', {}, 1],
  ] as const)('get %s', async (_, exec, containers) => {
    await start({ containers: { behaviour: { run: () => ({ delayMs: 50 }) } } })
    await bench.define({ limits: { concurrency: 5 }, ...('kind' in exec ? { exec } : {}) })
    const ids = await Promise.all([bench.send(), bench.send()])
    for (const id of ids) await bench.record(id)
    expect(await bench.containers.list({ platform: 'test', invoker: 'invoker0' })).toHaveLength(containers)
  })
})

describe('the store level', () => {
  it('leaves no record where the namespace wants none, but acknowledges', async () => {
    await start(answering({}))
    const id = await bench.send({ user: anIdentity('guest', { storeActivations: false }) })
    await bench.clock.advance(1_000)
    expect(await bench.records.get('guest', id)).toBeUndefined()
    expect(bench.acksOf(id)).toHaveLength(1)
  })
})

describe('the limit of instances', () => {
  it('holds the containers of an action down', async () => {
    await start(answering({ delayMs: 1_000 }))
    await bench.define({ limits: { instances: 2, memory: 128 } })
    for (let count = 0; count < 6; count++) await bench.send()
    await bench.clock.advance(2_000)
    expect(await bench.containers.list({ platform: 'test', invoker: 'invoker0' })).toHaveLength(2)
    await bench.clock.advance(5_000)
    expect(bench.acks).toHaveLength(6)
  })

  it('of 0 lets the action not run at all', async () => {
    await start(answering({}))
    await bench.define({ limits: { instances: 0 } })
    const record = await bench.run()
    expect(record.response.statusCode).toBe(2)
    expect(errorOf(record)).toBe('The action may not run: its limit of instances is 0.')
  })
})

describe('an invoker', () => {
  it('says every second that it lives', async () => {
    await start()
    await bench.clock.advance(3_000)
    expect(bench.pings).toHaveLength(4)
    expect(bench.pings[0]).toMatchObject({ enabled: true, instance: { id: 0 } })
  })

  it('that is closed ends what runs and what waits, each in a record', async () => {
    await start({ ...answering({ failure: 'never-answers' }), options: { userMemoryMb: 256 } })
    const running = await bench.send({ blocking: true })
    await bench.clock.advance(200)
    const waiting = await bench.send()
    await bench.clock.advance(10)
    await bench.close()
    const records = [await bench.record(running), await bench.record(waiting)]
    expect(records.map(({ response }) => response.statusCode)).toEqual([3, 3])
    expect(records.map(errorOf)).toEqual([
      'The invoker stopped before the action finished.',
      'The invoker stopped before the action was run.',
    ])
    expect(bench.clock.nextDueMs).toBeUndefined()
    expect(await bench.containers.list({ platform: 'test', invoker: 'invoker0' })).toEqual([])
  })

  it('that is closed while the store hangs gives up after a while and keeps the message', async () => {
    await start(answering({}))
    bench.records.put = () => Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'no'))
    const id = await bench.send()
    await bench.clock.advance(1_000)
    const before = bench.clock.monotonic()
    await bench.close()
    expect(bench.clock.monotonic() - before).toBeLessThanOrEqual(15_100)
    expect(bench.acksOf(id)).toEqual([])
  })

  it('gives a run that ended, and whose record was not complete, its record when it is opened again', async () => {
    let runs = 0
    await start(answering(() => (runs++, { body: '{"ok":1}', logs: [{ text: 'last words' }] })))
    bench.logStore.keep = () => new Promise(() => undefined)
    const id = await bench.send({ blocking: true })
    await bench.clock.advance(5_000)
    expect(bench.acksOf(id).map(({ response }) => response)).toMatchObject([{ response: { statusCode: 0 } }])
    expect(await bench.records.get('guest', id)).toBeUndefined()
    const next = new InvokerBench({ parts: { activationStore: bench.records } })
    await next.open()
    const record = await bench.record(id)
    expect([record.response.result?.value, record.logs, runs]).toEqual([{ ok: 1 }, [], 1])
    await next.close()
  })

  it('that was closed can be opened again, and does not run an interrupted activation again', async () => {
    let runs = 0
    await start(answering(() => (runs++, {})))
    const storeAnswers = storeDoesNotAnswer()
    const id = await bench.send()
    await bench.clock.advance(1_000)
    await bench.close()
    storeAnswers()
    await bench.invoker.open()
    const record = await bench.record(id)
    expect(runs).toBe(1)
    expect(record.response.statusCode).toBe(3)
    expect(errorOf(record)).toMatch(/^The activation was interrupted/)
    expect(bench.acksOf(id)).toHaveLength(1)
  })

  it('runs an interrupted activation again when its action is annotated as repeatable', async () => {
    let runs = 0
    await start(answering(() => (runs++, { body: '{"ok":1}' })))
    await bench.define({ annotations: [{ key: 'repeatable', value: true }] })
    const storeAnswers = storeDoesNotAnswer()
    const id = await bench.send()
    await bench.clock.advance(1_000)
    await bench.close()
    storeAnswers()
    await bench.invoker.open()
    expect((await bench.record(id)).response.result?.value).toEqual({ ok: 1 })
    expect(runs).toBe(2)
  })

  it('refuses options that make no sense, naming option and fix', async () => {
    await start()
    const broken = new InvokerBench({ options: { maxParallelStarts: 0 } })
    const error = await broken.open().catch((reason: unknown) => reason)
    expect(isPlatformError(error, 'ERR_CONFIG')).toBe(true)
    expect(String(error)).toMatch(/maxParallelStarts is 0: give an integer of at least 1/)
  })

  it('tells its observer how containers were had and how long the stages took', async () => {
    const told: string[] = []
    const observer: InvokerObserver = {
      acquired: ({ action, acquisition }) => told.push(`${action} ${acquisition.how}`),
      started: ({ ok, ms }) => told.push(`started ${ok} ${ms}`),
      responded: ({ statusCode, stages }) => told.push(`responded ${statusCode} ${JSON.stringify(stages)}`),
      logged: ({ ms }) => told.push(`logged ${ms}`),
      stored: ({ ms }) => told.push(`stored ${ms}`),
    }
    await start({ ...answering({ delayMs: 20 }), parts: { observer } })
    await bench.run()
    expect(told).toEqual([
      'guest/hello cold',
      'started true 100',
      'responded 0 {"queue":0,"acquire":100,"init":0,"run":20}',
      'logged 0',
      'stored 0',
    ])
  })
})
