import { afterEach, describe, expect, it } from 'vitest'
import {
  assembleController,
  assembleInvoker,
  MemoryActivationStore,
  MemoryQueue,
  shardingBalancer,
  simulatedContainers,
  staticAuth,
  VirtualClock,
  type ControllerNode,
  type InvokerNode,
} from '../../src/index.ts'
import { adapterContext } from '../../src/adapter.ts'
import { activationBody, type ActivationMessage } from '../../src/messages/activation-message.ts'
import { invokerTopic } from '../../src/messages/invoker-instance.ts'
import { actionDocument } from '../../src/model/action-codec.ts'
import { ENTITY_INDEXES } from '../../src/store/entity-store.ts'
import { invokerIdBound, noteInvokerId } from '../../src/store/invoker-numbers.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { anAction, anIdentity } from '../invoker/fakes/model-samples.ts'

const ID = '0123456789abcdef0123456789abcdef'

/** What outlives every process of a cluster, and the processes. */
class Cluster {
  readonly clock = new VirtualClock()
  readonly queue = kept(new MemoryQueue({}, adapterContext({ clock: this.clock })))
  readonly entityStore = kept(new MemoryDocumentStore(ENTITY_INDEXES))
  readonly activationStore = kept(new MemoryActivationStore())
  readonly nodes: (ControllerNode | InvokerNode)[] = []

  async controller(controllerId: string): Promise<ControllerNode> {
    const node = await this.until(
      assembleController({ ...this.#shared, auth: staticAuth([]), controllerId, loadBalancer: shardingBalancer() }),
    )
    this.nodes.push(node)
    return node
  }

  async invoker(id: number): Promise<InvokerNode> {
    const { queue, entityStore, activationStore, clock } = this
    const node = await this.until(
      assembleInvoker({
        queue,
        entityStore,
        activationStore,
        clock,
        containers: simulatedContainers(),
        invokerInstance: { id },
        apiHost: '',
      }),
    )
    this.nodes.push(node)
    return node
  }

  /** Sends an activation to an invoker that is not there. */
  async send(invoker: number): Promise<void> {
    const topic = invokerTopic(invoker)
    const dead = await this.queue.subscribe(topic, { group: topic, concurrency: 1 }, () => undefined)
    await dead.close()
    const { document, attachments } = actionDocument(anAction(), { maxInlineCodeBytes: 64, attachmentName: 'code' })
    const { revision } = await this.entityStore.put('guest/hello', document, { attachments })
    const message: ActivationMessage = {
      transaction: { id: 'tid', start: this.clock.now() },
      action: { path: 'guest', name: 'hello', version: '0.0.1' },
      revision,
      user: anIdentity(),
      activationId: ID,
      controllerId: 'dead',
      blocking: false,
      initArgs: [],
      lockedArgs: {},
    }
    await this.queue.publish(topic, activationBody(message))
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) await this.clock.advance(100)
  }

  async close(): Promise<void> {
    for (const node of this.nodes.splice(0)) await this.until(node.close())
  }

  get #shared() {
    const { queue, entityStore, activationStore, clock } = this
    return { queue, entityStore, activationStore, clock, retention: false } as const
  }

  /** Moves time until it settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    for (let rounds = 0; !settled && rounds < 10_000; rounds++) await this.clock.advance(10)
    return promise
  }
}

/** It stays open when a node closes. */
function kept<T extends { open(): Promise<void>; close(): Promise<void> }>(part: T): T {
  part.close = () => Promise.resolve()
  return part
}

let cluster: Cluster
afterEach(() => cluster.close())

describe('an invoker that no living controller ever heard of', () => {
  it('has its topic taken over, as it noted its number before it said anything', async () => {
    cluster = new Cluster()
    const dead = await cluster.invoker(4)
    await cluster.pass(1_000)
    await cluster.until(dead.close())
    cluster.nodes.pop()
    await cluster.send(4)
    await cluster.invoker(0)
    const controller = await cluster.controller('0')
    await cluster.pass(28_000)
    expect(await cluster.activationStore.get('guest', ID)).toBeUndefined()
    await cluster.pass(5_000)
    expect(await cluster.activationStore.get('guest', ID)).toMatchObject({ response: { statusCode: 0 } })
    expect(controller.controller.clusterSize).toBe(1)
  })

  it('is not known when it starts with a store that does not answer', async () => {
    cluster = new Cluster()
    await cluster.entityStore.open()
    await cluster.queue.open()
    const get = cluster.entityStore.get.bind(cluster.entityStore)
    cluster.entityStore.get = () => Promise.reject(new Error('away'))
    const pings: unknown[] = []
    await cluster.queue.subscribe('health', { group: 'test', concurrency: 1 }, ({ body }) => void pings.push(body))
    await expect(cluster.invoker(4)).rejects.toThrow('away')
    cluster.entityStore.get = get
    expect([await invokerIdBound(cluster.entityStore), pings]).toEqual([0, []])
  })
})

describe('the numbers of invokers', () => {
  it('are bounded by the highest, whoever notes theirs at the same time', async () => {
    cluster = new Cluster()
    const { entityStore } = cluster
    await entityStore.open()
    await Promise.all([3, 9, 0, 5].map((id) => noteInvokerId(entityStore, id)))
    expect(await invokerIdBound(entityStore)).toBe(10)
  })
})
