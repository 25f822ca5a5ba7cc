import { beforeEach, describe, expect, it } from 'vitest'
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
