import { afterEach, describe, expect, it, vi } from 'vitest'
import { PlacingActivator } from '../../../src/controller/invoke/placing-activator.ts'
import { ActivationGoesOn } from '../../../src/controller/invoke/activation-goes-on.ts'
import type { ActivationRequest } from '../../../src/controller/invoke/activator.ts'
import {
  DEFAULT_PLATFORM_LIMITS,
  JsonText,
  LeastLoadedBalancer,
  LocalBalancer,
  MemoryActivationStore,
  MemoryQueue,
  PlatformError,
  RuntimesManifest,
  SeededRandom,
  silentLogger,
  VirtualClock,
  type Activation,
  type ControllerObserver,
  type Identity,
  type LoadBalancer,
  type PlatformLimits,
} from '../../../src/index.ts'
import { acknowledgementBody } from '../../../src/messages/acknowledgement.ts'
import { readActivationMessage, type ActivationMessage } from '../../../src/messages/activation-message.ts'
import { HEALTH_TOPIC, pingBody } from '../../../src/messages/ping.ts'
import { DEFAULT_MANIFEST } from '../../../src/assembly/default-manifest.ts'
import { MB } from '../../../src/model/byte-size.ts'

const user: Identity = {
  subject: 'guest',
  namespace: { name: 'guest', uuid: 'u-1' },
  authkey: { uuid: 'u-1', key: 'k'.repeat(64) },
  rights: ['READ', 'PUT', 'DELETE', 'ACTIVATE'],
  limits: {},
}

function request(extra: Partial<ActivationRequest> = {}): ActivationRequest {
  return {
    transaction: { id: 't', start: 1 },
    user,
    target: {
      revision: '1-a',
      action: {
        path: 'guest',
        name: 'hello',
        exec: { kind: 'nodejs:20', code: { text: '' }, binary: false },
        parameters: [],
        limits: { timeout: 1000, memory: 256, logs: 10, concurrency: 1 },
        version: '0.0.1',
        publish: false,
        annotations: [],
        updated: 1,
      },
    },
    blocking: true,
    waitMs: 60_000,
    ...extra,
  }
}

const instance = { id: 0, userMemoryBytes: 512 * MB, tags: [], dedicatedNamespaces: [] }

function recordOf(message: ActivationMessage, result: Record<string, string>): Activation {
  return {
    namespace: 'guest',
    name: 'hello',
    version: '0.0.1',
    subject: 'guest',
    activationId: message.activationId,
    start: 1,
    end: 2,
    duration: 1,
    publish: false,
    response: { statusCode: 0, result: JsonText.of(result) },
    logs: [],
    annotations: [],
  }
}

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of opened.splice(0).reverse()) await part.close()
})

/** A controller's activator, and an invoker played by the test. */
async function stage(
  options: {
    readonly maxWaiting?: number
    readonly loadBalancer?: LoadBalancer
    readonly durable?: boolean
    readonly limits?: Partial<PlatformLimits>
    readonly observer?: ControllerObserver
  } = {},
) {
  const clock = new VirtualClock()
  const queue = new MemoryQueue({}, { clock, random: new SeededRandom(1), logger: silentLogger })
  if (options.durable) Object.assign(queue, { capabilities: { ...queue.capabilities, durable: true } })
  const activationStore = new MemoryActivationStore()
  await queue.open()
  await activationStore.open()
  const activator = new PlacingActivator({
    controllerId: '0',
    queue,
    activationStore,
    loadBalancer: options.loadBalancer ?? new LocalBalancer(),
    clock,
    random: new SeededRandom(7),
    logger: silentLogger,
    limits: { ...DEFAULT_PLATFORM_LIMITS, ...options.limits },
    manifest: new RuntimesManifest(DEFAULT_MANIFEST),
    maxWaiting: options.maxWaiting ?? 10,
    ...(options.observer && { observer: options.observer }),
  })
  await activator.open()
  opened.push(queue, activator)
  const received: ActivationMessage[] = []
  await queue.subscribe('invoker0', { group: 'invoker0', concurrency: 100 }, (delivery) => {
    received.push(readActivationMessage(delivery.body))
  })
  await queue.publish(HEALTH_TOPIC, pingBody({ instance, enabled: true }))
  await clock.advance(0)
  const complete = async (message: ActivationMessage, result: Record<string, string> = {}): Promise<void> => {
    const { transaction, activationId } = message
    const response = recordOf(message, result)
    const completion = { instance, systemError: false }
    await queue.publish('completed0', acknowledgementBody({ transaction, activationId, response, completion }))
    await clock.advance(0)
  }
  return { clock, queue, activationStore, activator, received, complete }
}

describe('placing activator', () => {
  it('answers a blocking caller with the result that the invoker acknowledged', async () => {
    const { activator, received, complete, clock } = await stage()
    const outcome = activator.activate(request({ payload: JsonText.of({ a: 1 }) }))
    await clock.advance(0)
    expect(received).toHaveLength(1)
    expect(received[0]!.content?.value).toEqual({ a: 1 })
    await complete(received[0]!, { b: 'two' })
    expect((await outcome).activation?.response.result?.value).toEqual({ b: 'two' })
  })

  it('tells how long an activation waited for room: not at all where there was some', async () => {
    const waits: number[] = []
    const { activator, received, complete, clock } = await stage({
      observer: { placed: ({ waitMs }) => waits.push(waitMs) },
    })
    const outcomes = [1, 2, 3].map(() => activator.activate(request()))
    await clock.advance(7)
    expect(waits).toEqual([0, 0])
    await complete(received[0]!)
    expect(waits).toEqual([0, 0, 7])
    for (const message of received.slice(1)) await complete(message)
    await Promise.all(outcomes)
  })

  it('answers a non-blocking caller as soon as the queue has the message', async () => {
    const { activator, received } = await stage()
    const { activationId, activation } = await activator.activate(request({ blocking: false }))
    expect(activation).toBeUndefined()
    expect(received[0]!.activationId).toBe(activationId)
  })

  it('passes a payload on as the very text that came in when there are no parameters', async () => {
    const { activator, received, clock } = await stage()
    const payload = JsonText.trusted('{ "spaced" :1}')
    void activator.activate(request({ payload, blocking: false }))
    await clock.advance(0)
    expect(received[0]!.content?.text).toBe('{ "spaced" :1}')
  })

  it('frees the slot and says so exactly once when the activation completes', async () => {
    const { activator, received, complete, clock } = await stage()
    let settled = 0
    const outcome = activator.activate(request({ onSettled: () => settled++ }))
    await clock.advance(0)
    expect(activator.inFlight('u-1')).toBe(1)
    await complete(received[0]!)
    await complete(received[0]!)
    await outcome
    expect(settled).toBe(1)
    expect(activator.inFlight('u-1')).toBe(0)
    expect(activator.cluster.invokers[0]!.freeMemoryMb).toBe(512)
  })

  it('keeps who does not fit in the waiting room until a slot frees', async () => {
    const { activator, received, complete, clock } = await stage()
    for (let i = 0; i < 3; i++) void activator.activate(request({ blocking: false }))
    await clock.advance(0)
    expect(received).toHaveLength(2)
    expect(activator.waiting).toBe(1)
    await complete(received[0]!)
    expect(received).toHaveLength(3)
    expect(activator.waiting).toBe(0)
  })

  it('refuses with ERR_UNAVAILABLE when the waiting room is full, and settles', async () => {
    const { activator, clock } = await stage({ maxWaiting: 0 })
    for (let i = 0; i < 2; i++) void activator.activate(request({ blocking: false }))
    let settled = 0
    const refused = activator.activate(request({ onSettled: () => settled++ }))
    await expect(refused).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await clock.advance(0)
    expect(settled).toBe(1)
    expect(activator.total).toBe(2)
  })

  it('gives a blocking caller the id when its wait is over, and still takes the completion', async () => {
    const { activator, received, complete, clock } = await stage()
    const outcome = activator.activate(request({ waitMs: 500 }))
    await clock.advance(500)
    expect((await outcome).activation).toBeUndefined()
    expect(activator.total).toBe(1)
    await complete(received[0]!)
    expect(activator.total).toBe(0)
  })

  it('says that it accepted an activation when the queue has it, even if the store never answers', async () => {
    const { activator, activationStore, clock } = await stage()
    activationStore.putProvisional = () => new Promise<void>(() => undefined) as never
    const accepted: string[] = []
    const onAccepted = (id: string): unknown => accepted.push(id)
    const told: unknown[] = []
    const outcome = activator.activate(request({ waitMs: 500, onAccepted }))
    void outcome.then((value) => told.push(value))
    await clock.advance(0)
    expect(accepted).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)])
    await clock.advance(10_000)
    expect(activator.list().map(([id]) => id)).toEqual(accepted)
    expect(told).toEqual([])
  })

  it('ends an activation of which nothing is heard with a record, a result and a free slot', async () => {
    const { activator, activationStore, clock } = await stage()
    const outcome = activator.activate(request({ waitMs: 10_000_000 }))
    // The action's second counts as the standard minute: twice that, and a minute.
    await clock.advance(180_000)
    const { activationId, activation } = await outcome
    expect(activation?.response.statusCode).toBe(3)
    expect((await activationStore.get('guest', activationId))?.response.statusCode).toBe(3)
    expect(activator.cluster.invokers[0]!.freeMemoryMb).toBe(512)
  })

  it('takes the record that an invoker stored when only its acknowledgement was lost', async () => {
    const { activator, received, activationStore, clock } = await stage()
    const outcome = activator.activate(request({ waitMs: 10_000_000 }))
    await clock.advance(0)
    await activationStore.put(recordOf(received[0]!, { from: 'store' }))
    await clock.advance(180_000)
    expect((await outcome).activation?.response.result?.value).toEqual({ from: 'store' })
  })

  it('reads the result from the store when the acknowledgement only says that it is there', async () => {
    const { activator, received, activationStore, queue, clock } = await stage()
    const outcome = activator.activate(request())
    await clock.advance(0)
    const { transaction, activationId } = received[0]!
    await activationStore.put({ ...recordOf(received[0]!, { big: 'one' }), logs: ['a line'] })
    const completion = { instance, systemError: false }
    await queue.publish(
      'completed0',
      acknowledgementBody({ transaction, activationId, response: 'stored', completion }),
    )
    await clock.advance(0)
    const { activation } = await outcome
    expect(activation?.response.result?.value).toEqual({ big: 'one' })
    expect(activation?.logs).toEqual([])
  })

  it('rejects with the queue’s error when the message is too large, and frees the slot', async () => {
    const { activator, queue } = await stage()
    queue.publish = () => Promise.reject(new PlatformError('ERR_TOO_LARGE', 'too large'))
    await expect(activator.activate(request())).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' })
    expect(activator.total).toBe(0)
    expect(activator.cluster.invokers[0]!.freeMemoryMb).toBe(512)
  })

  it('frees the slot, once, when nobody knows whether the queue took the message', async () => {
    const { activator, queue, received, complete, clock } = await stage()
    const publish = queue.publish.bind(queue)
    queue.publish = async (...message) => {
      await publish(...message)
      throw new PlatformError('ERR_UNAVAILABLE', 'the answer was lost')
    }
    await expect(activator.activate(request())).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect([activator.total, activator.cluster.invokers[0]!.freeMemoryMb]).toEqual([0, 512])
    // It runs all the same, and the caller was told nothing of it.
    await clock.advance(0)
    queue.publish = publish
    await complete(received[0]!)
    expect([activator.total, activator.cluster.invokers[0]!.freeMemoryMb]).toEqual([0, 512])
  })

  it('waits for an acknowledgement as long as the operator says', async () => {
    const limits = { completionTimeoutFactor: 1, completionTimeoutAddonMs: 500 }
    const { activator, clock } = await stage({ limits })
    const outcome = activator.activate(request({ waitMs: 10_000_000 }))
    await clock.advance(60_499)
    expect(activator.total).toBe(1)
    await clock.advance(1)
    expect(activator.total).toBe(0)
    expect((await outcome).activation?.response.statusCode).toBe(3)
  })

  it('sends nothing more to an invoker that has been silent for ten seconds', async () => {
    const { activator, clock } = await stage({ loadBalancer: new LeastLoadedBalancer() })
    await clock.advance(12_000)
    expect(activator.cluster.invokers[0]!.state).toBe('offline')
    await expect(activator.activate(request())).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  it('ends those who wait with a record when it is drained', async () => {
    const { activator, activationStore, clock } = await stage()
    const ids = await Promise.all(
      Array.from({ length: 3 }, async () => (await activator.activate(request({ blocking: false }))).activationId),
    )
    await activator.drain(0)
    await clock.advance(0)
    const waiting = await activationStore.get('guest', ids[2]!)
    expect(waiting?.response.result?.value).toMatchObject({ error: expect.stringContaining('not started') })
    await expect(activator.activate(request())).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })
})

describe('a caller that waits while the controller closes', () => {
  async function closedMeanwhile(durable: boolean): Promise<unknown> {
    const { activator, activationStore, clock } = await stage({ durable })
    const asked = activator.activate(request()).then(
      ({ activation }) => activation?.response.statusCode,
      (error: PlatformError) => error.code,
    )
    await clock.advance(0)
    vi.spyOn(activationStore, 'put').mockRejectedValue(new PlatformError('ERR_UNAVAILABLE', 'down'))
    const closing = activator.close()
    await clock.advance(5_000)
    await closing
    return asked
  }

  it('and the store does not answer is told of no activation, as it would have no record', async () => {
    expect(await closedMeanwhile(false)).toBe('ERR_UNAVAILABLE')
  })

  it('is told how it ended where a durable queue has the message, from which its record will come', async () => {
    expect(await closedMeanwhile(true)).toBe(3)
  })
})

describe('an id that was handed out', () => {
  const errorOf = (record: Activation | undefined): unknown =>
    (record?.response.result?.value as { error?: string } | undefined)?.error
  const CUT_SHORT = 'The controller stopped before the activation was finished.'

  it('has a record when the controller is killed, where the queue dies with it', async () => {
    const { activator, activationStore } = await stage()
    const ids = await Promise.all(
      Array.from({ length: 3 }, async () => (await activator.activate(request({ blocking: false }))).activationId),
    )
    expect(activator.waiting).toBe(1)
    expect(await activationStore.count({ namespace: 'guest' })).toBe(0)
    expect(await activationStore.finalizeOrphans('controller0')).toBe(3)
    for (const id of ids) {
      const record = await activationStore.get('guest', id)
      expect([record?.name, record?.response.statusCode, errorOf(record)]).toEqual(['hello', 3, CUT_SHORT])
    }
  })

  it('has it before anything starts, where the caller gave the id and may ask for it again', async () => {
    const { activator, activationStore, received, complete, clock } = await stage()
    const receivedBefore: number[] = []
    let answers: (() => void) | undefined
    const put = activationStore.putProvisional.bind(activationStore)
    Object.assign(activationStore, {
      putProvisional: async (owner: string, record: Activation): Promise<void> => {
        receivedBefore.push(received.length)
        await new Promise<void>((resolve) => (answers = resolve))
        put(owner, record)
      },
    })
    const activationId = 'a'.repeat(32)
    const accepted = activator.activate(request({ blocking: false, activationId }))
    await clock.advance(10)
    expect([receivedBefore, received.length]).toEqual([[0], 0])
    answers!()
    expect((await accepted).activationId).toBe(activationId)
    await clock.advance(0)
    expect(received.map((message) => message.activationId)).toEqual([activationId])
    await complete(received[0]!)
    expect(await activationStore.finalizeOrphans('controller0')).toBe(0)
  })

  it('is not accepted, and nothing starts, where the caller gave the id and the store does not answer', async () => {
    const { activator, activationStore, received, clock } = await stage()
    Object.assign(activationStore, {
      putProvisional: () => Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'away')),
    })
    const refused = activator.activate(request({ blocking: false, activationId: 'a'.repeat(32) }))
    await expect(refused).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await clock.advance(10)
    expect([received.length, activator.total]).toEqual([0, 0])
  })

  it('after the wait of a blocking caller has a provisional record too; one answered in time needs none', async () => {
    const { activator, activationStore, received, complete, clock } = await stage()
    const putProvisional = vi.spyOn(activationStore, 'putProvisional')
    const answered = activator.activate(request())
    await clock.advance(0)
    await complete(received[0]!)
    expect((await answered).activation).toBeDefined()
    expect(putProvisional).not.toHaveBeenCalled()
    const late = activator.activate(request({ waitMs: 500 }))
    await clock.advance(500)
    expect((await late).activation).toBeUndefined()
    expect(await activationStore.finalizeOrphans('controller0')).toBe(1)
  })

  it('is in the hands of a durable queue once that has the message', async () => {
    const { activator, activationStore, received, complete, clock } = await stage({ durable: true })
    const putProvisional = vi.spyOn(activationStore, 'putProvisional')
    for (let i = 0; i < 2; i++) await activator.activate(request({ blocking: false }))
    const late = activator.activate(request({ waitMs: 500 }))
    await clock.advance(500)
    const waiting = (await late).activationId
    expect(putProvisional.mock.calls.map(([owner, { activationId }]) => [owner, activationId])).toEqual([
      ['controller0', waiting],
    ])
    await complete(received[0]!)
    expect(received[2]!.activationId).toBe(waiting)
    expect(await activationStore.finalizeOrphans('controller0')).toBe(0)
  })

  it('of an activation that leaves no record leaves no provisional one either', async () => {
    const { activator, activationStore, received, complete } = await stage()
    await activator.activate(request({ blocking: false }))
    await complete(received[0]!)
    expect(await activationStore.finalizeOrphans('controller0')).toBe(0)
  })

  it('has no provisional record for a namespace that wants no records', async () => {
    const { activator, activationStore } = await stage()
    const unrecorded = { ...user, limits: { storeActivations: false } }
    await activator.activate(request({ blocking: false, user: unrecorded }))
    expect(await activationStore.finalizeOrphans('controller0')).toBe(0)
  })

  it('waits for a store that takes its time, and is withheld when the store does not take it', async () => {
    const { activator, activationStore, clock } = await stage()
    let took: (() => void) | undefined
    activationStore.putProvisional = () => new Promise<void>((resolve) => (took = resolve)) as never
    let answered = false
    const asked = activator.activate(request({ blocking: false })).finally(() => (answered = true))
    await clock.advance(1000)
    expect([answered, took !== undefined]).toEqual([false, true])
    took!()
    expect((await asked).activationId).toMatch(/^[0-9a-f]{32}$/)
    activationStore.putProvisional = () => {
      throw new PlatformError('ERR_UNAVAILABLE', 'down')
    }
    await expect(activator.activate(request({ blocking: false }))).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  it('keeps its place in the limits until it has ended, though its caller was told an error', async () => {
    const { activator, activationStore, clock } = await stage()
    const putProvisional = vi.spyOn(activationStore, 'putProvisional').mockImplementation(() => {
      throw new PlatformError('ERR_UNAVAILABLE', 'down')
    })
    const onSettled = vi.fn<() => void>()
    const asked = activator.activate(request({ blocking: false, onSettled }))
    await expect(asked).rejects.toBeInstanceOf(ActivationGoesOn)
    putProvisional.mockRestore()
    expect([activator.total, onSettled.mock.calls.length]).toEqual([1, 0])
    await clock.advance(190_000)
    expect([activator.total, onSettled.mock.calls.length]).toEqual([0, 1])
  })

  it('gets its record from a store that was down when the controller gave the activation up', async () => {
    const { activator, activationStore, clock } = await stage()
    const { activationId } = await activator.activate(request({ blocking: false }))
    const put = vi.spyOn(activationStore, 'put').mockRejectedValue(new PlatformError('ERR_UNAVAILABLE', 'down'))
    await clock.advance(190_000)
    expect(activator.total).toBe(0)
    expect(put.mock.calls.length).toBeGreaterThan(2)
    put.mockRestore()
    await clock.advance(5_000)
    expect(errorOf(await activationStore.get('guest', activationId))).toMatch('no acknowledgement')
    expect(await activationStore.finalizeOrphans('controller0')).toBe(0)
  })
})
