import { beforeEach, describe, expect, it, vi } from 'vitest'
import { recordWithoutAction } from '../../../src/invoker/record/activation-record.ts'
import { ActivationRecorder } from '../../../src/invoker/record/activation-recorder.ts'
import { RecordLogStore } from '../../../src/log-store/record-log-store.ts'
import { silentLogger } from '../../../src/log.ts'
import { readAcknowledgement } from '../../../src/messages/acknowledgement.ts'
import type { Activation } from '../../../src/model/activation.ts'
import { JsonText } from '../../../src/model/json-text.ts'
import { MemoryQueue } from '../../../src/queue/memory-queue.ts'
import { MemoryActivationStore } from '../../../src/store/memory-activation-store.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import { InvokerBench } from '../fakes/invoker-bench.ts'

const message = new InvokerBench().message({ blocking: true })
const response = { statusCode: 0 as const, result: JsonText.of({ ok: 1 }) }
const record = recordWithoutAction(message, response, 1000)

describe('what is told of a blocking activation, and when', () => {
  let order: string[]
  let queue: MemoryQueue
  let store: MemoryActivationStore

  beforeEach(() => {
    order = []
  })

  /** Notes what happens, in order. */
  async function recorder(durable: boolean): Promise<ActivationRecorder> {
    queue = new MemoryQueue()
    Object.assign(queue, { capabilities: { ...queue.capabilities, durable } })
    store = new MemoryActivationStore()
    const logStore = new RecordLogStore()
    await Promise.all([queue.open(), store.open(), logStore.open()])
    const publish = queue.publish.bind(queue)
    queue.publish = (topic, body) => {
      const acknowledgement = readAcknowledgement(body)
      order.push(['response', 'completion'].filter((part) => part in acknowledgement).join('+'))
      return publish(topic, body)
    }
    const [put, putProvisional] = [store.put.bind(store), store.putProvisional.bind(store)]
    store.put = async (activation: Activation) => {
      await Promise.resolve()
      order.push(`stored ${activation.logs.join()}`)
      return put(activation)
    }
    store.putProvisional = (owner, activation) => {
      order.push(`provisional by ${owner}`)
      putProvisional(owner, activation)
    }
    return new ActivationRecorder({
      instance: { id: 3, userMemoryBytes: 1, tags: [], dedicatedNamespaces: [] },
      queue,
      activationStore: store,
      logStore,
      clock: new VirtualClock(),
      logger: silentLogger,
      observer: {},
      storeLevels: { blocking: 'always', nonBlocking: 'always' },
      giveUp: new AbortController().signal,
    })
  }

  const later = (): Promise<readonly string[]> => new Promise((resolve) => setImmediate(() => resolve(['a'])))

  it('without logs: stored first where the queue dies with the process, else at once', async () => {
    await (await recorder(false)).settle(message, record)
    expect(order).toEqual(['stored ', 'response+completion'])
    order = []
    await (await recorder(true)).settle(message, record)
    expect(order).toEqual(['response+completion', 'stored '])
  })

  it('with logs that are still read: after a provisional record if the queue dies with the process, else at once', async () => {
    await (await recorder(false)).settle(message, record, later())
    expect(order).toEqual(['provisional by invoker3', 'response', 'completion', 'stored a'])
    expect(await store.finalizeOrphans('invoker3')).toBe(0)
    order = []
    await (await recorder(true)).settle(message, record, later())
    expect(order).toEqual(['response', 'completion', 'stored a'])
  })

  it('with logs that were read: together with the end, stored whole before or after', async () => {
    await (await recorder(false)).settle(message, record, ['a'])
    expect(order).toEqual(['stored a', 'response+completion'])
    order = []
    await (await recorder(true)).settle(message, record, ['a'])
    expect(order).toEqual(['response+completion', 'stored a'])
  })

  it('with logs that cannot be read: all the same', async () => {
    await (await recorder(false)).settle(message, record, Promise.reject(new Error('no')))
    expect(order.filter((step) => !step.startsWith('stored'))).toEqual([
      'provisional by invoker3',
      'response',
      'completion',
    ])
    const stored = await store.get('guest', message.activationId)
    expect(stored?.logs).toEqual([expect.stringContaining('stderr')])
  })

  it('of which no record is wanted: at once, and without a provisional record', async () => {
    const { limits, ...user } = message.user
    const unrecorded = { ...message, user: { ...user, limits: { ...limits, storeActivations: false } } }
    await (await recorder(false)).settle(unrecorded, record, later())
    expect(order).toEqual(['response', 'completion'])
  })
})

describe('what is told of activations that end in one turn of the event loop', () => {
  const clock = new VirtualClock()
  let order: string[]
  let queue: MemoryQueue
  let store: MemoryActivationStore

  async function recorder(durable = false): Promise<ActivationRecorder> {
    order = []
    queue = new MemoryQueue()
    Object.assign(queue, { capabilities: { ...queue.capabilities, durable } })
    store = new MemoryActivationStore()
    await Promise.all([queue.open(), store.open()])
    const publish = queue.publish.bind(queue)
    queue.publish = (topic, body) => {
      order.push(`told ${readAcknowledgement(body).activationId}`)
      return publish(topic, body)
    }
    const [put, putAll] = [store.put.bind(store), store.putAll.bind(store)]
    store.put = async (activation) => {
      const outcome = await put(activation)
      order.push(`${outcome} ${activation.activationId}`)
      return outcome
    }
    store.putAll = async (activations) => {
      order.push(`together ${activations.map(({ activationId }) => activationId).join()}`)
      return putAll(activations)
    }
    return new ActivationRecorder({
      instance: { id: 3, userMemoryBytes: 1, tags: [], dedicatedNamespaces: [] },
      queue,
      activationStore: store,
      logStore: new RecordLogStore(),
      clock,
      logger: silentLogger,
      observer: {},
      storeLevels: { blocking: 'always', nonBlocking: 'always' },
      giveUp: new AbortController().signal,
    })
  }

  /** Ends them all in this turn. */
  function settled(of: ActivationRecorder, ids: readonly string[], blocking = true): Promise<unknown> {
    return Promise.all(
      ids.map(
        (activationId) =>
          new Promise<void>((resolve, reject) => {
            of.settleTogether({ ...message, activationId, blocking }, { ...record, activationId }, [], (outcome) => {
              Promise.resolve(outcome).then(resolve, reject)
            })
          }),
      ),
    )
  }

  it('is told once all of their records are stored, by one call', async () => {
    await settled(await recorder(), ['a', 'b', 'c'])
    expect(order[0]).toBe('together a,b,c')
    expect(order.slice(1, 4).toSorted()).toEqual(['stored a', 'stored b', 'stored c'])
    expect(order.slice(4)).toEqual(['told a', 'told b', 'told c'])
  })

  it('is told of one that is alone as ever', async () => {
    await settled(await recorder(), ['a'])
    expect(order).toEqual(['stored a', 'told a'])
  })

  it('is told before, where the queue keeps it and somebody waits', async () => {
    const of = await recorder(true)
    await settled(of, ['a', 'b'])
    expect(order.slice(0, 3)).toEqual(['told a', 'told b', 'together a,b'])
    expect(order).toHaveLength(5)
    order.length = 0
    await settled(of, ['c', 'd'], false)
    expect(order[0]).toBe('together c,d')
    expect(order.slice(3)).toEqual(['told c', 'told d'])
  })

  it.each(['throws', 'rejects'])('is told of nobody when the store %s, until each is stored by itself', async (how) => {
    const of = await recorder()
    const refused = new Error('disk full')
    store.putAll = (() => {
      order.push('refused')
      if (how === 'throws') throw refused
      return Promise.reject(refused)
    }) as typeof store.putAll
    const put = store.put.bind(store)
    let refusals = 2
    store.put = async (activation) => {
      if (refusals-- > 0) throw new Error('still full')
      return put(activation)
    }
    const all = settled(of, ['a', 'b', 'c'])
    await vi.waitFor(() => expect(order).toEqual(['refused', 'stored c', 'told c']))
    await clock.advance(50)
    await all
    expect(order.slice(3).toSorted()).toEqual(['stored a', 'stored b', 'told a', 'told b'])
    for (const id of ['a', 'b']) expect(order.indexOf(`stored ${id}`)).toBeLessThan(order.indexOf(`told ${id}`))
  })

  it('is told of a record that is too large for the store with what is left of it', async () => {
    const of = await recorder()
    Object.assign(store, { capabilities: { ...store.capabilities, maxRecordBytes: 600 } })
    const large = { statusCode: 0 as const, result: JsonText.of({ text: 'x'.repeat(1000) }) }
    const outcomes = Promise.all(
      [response, large].map(
        (one, index) =>
          new Promise<void>((resolve, reject) => {
            const activationId = `${index}`
            of.settleTogether(
              { ...message, activationId },
              { ...record, activationId, response: one },
              [],
              (outcome) => {
                Promise.resolve(outcome).then(resolve, reject)
              },
            )
          }),
      ),
    )
    await outcomes
    const [whole, less] = [await store.get('guest', '0'), await store.get('guest', '1')]
    expect(whole?.response.result?.value).toEqual({ ok: 1 })
    expect(less?.response.result?.text).toContain('exceeded the allowed length of 600 bytes')
    expect(order.filter((step) => step.startsWith('told'))).toEqual(expect.arrayContaining(['told 0', 'told 1']))
  })

  it('is stored without those of which no record is wanted', async () => {
    const of = await recorder()
    const { limits, ...user } = message.user
    const unrecorded = {
      ...message,
      activationId: 'x',
      user: { ...user, limits: { ...limits, storeActivations: false } },
    }
    of.settleTogether(unrecorded, { ...record, activationId: 'x' }, [], () => order.push('settled x'))
    await settled(of, ['a', 'b'])
    expect(order.slice(0, 3)).toEqual(['told x', 'settled x', 'together a,b'])
  })
})
