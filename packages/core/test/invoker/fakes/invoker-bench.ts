import type { ContainerFactory } from '../../../src/container/container-factory.ts'
import { simulatedContainers, type SimulatedContainersOptions } from '../../../src/container/simulated-containers.ts'
import { adapterContext } from '../../../src/adapter.ts'
import { createInvoker } from '../../../src/invoker/create-invoker.ts'
import {
  DEFAULT_INVOKER_OPTIONS,
  type Invoker,
  type InvokerOptions,
  type InvokerParts,
} from '../../../src/invoker/invoker.ts'
import { RecordLogStore } from '../../../src/log-store/record-log-store.ts'
import { silentLogger } from '../../../src/log.ts'
import { readAcknowledgement, type Acknowledgement } from '../../../src/messages/acknowledgement.ts'
import { activationBody, type ActivationMessage } from '../../../src/messages/activation-message.ts'
import { completedTopic, invokerTopic } from '../../../src/messages/invoker-instance.ts'
import { HEALTH_TOPIC, readPing, type Ping } from '../../../src/messages/ping.ts'
import { actionDocument } from '../../../src/model/action-codec.ts'
import type { Activation } from '../../../src/model/activation.ts'
import { documentId } from '../../../src/model/entity-name.ts'
import type { JsonValue } from '../../../src/model/json.ts'
import { JsonText } from '../../../src/model/json-text.ts'
import { DEFAULT_PLATFORM_LIMITS } from '../../../src/model/platform-limits.ts'
import { RuntimesManifest } from '../../../src/model/runtimes-manifest.ts'
import { parameterValue } from '../../../src/model/parameters.ts'
import { MemoryQueue } from '../../../src/queue/memory-queue.ts'
import { MemoryActivationStore } from '../../../src/store/memory-activation-store.ts'
import { MemoryDocumentStore } from '../../../src/store/memory-document-store.ts'
import { ENTITY_INDEXES } from '../../../src/store/entity-store.ts'
import { SeededRandom } from '../../../src/time/seeded-random.ts'
import { VirtualClock } from '../../../src/time/virtual-clock.ts'
import { anAction, anIdentity, type ActionOverrides } from './model-samples.ts'

export interface BenchOptions {
  readonly containers?: Omit<SimulatedContainersOptions, 'clock'>
  readonly factory?: (factory: ContainerFactory) => ContainerFactory
  readonly options?: Partial<InvokerOptions>
  readonly parts?: Partial<InvokerParts>
  readonly manifest?: unknown
  readonly clock?: VirtualClock
}

const MANIFEST = {
  runtimes: {
    nodejs: [{ kind: 'nodejs:20', image: { name: 'action-nodejs-v20' } }],
    python: [{ kind: 'python:3.11', image: { name: 'action-python' }, sentinelledLogs: false }],
  },
}

/** A whole invoker in memory, with scripted containers and its clock in the test's hand. */
export class InvokerBench {
  readonly clock: VirtualClock
  readonly queue: MemoryQueue
  readonly entities = new MemoryDocumentStore(ENTITY_INDEXES)
  readonly records = new MemoryActivationStore()
  readonly logStore = new RecordLogStore()
  readonly containers: ContainerFactory
  readonly invoker: Invoker
  readonly acks: Acknowledgement[] = []
  readonly pings: Ping[] = []
  readonly revisions = new Map<string, string>()
  #ids = 0

  constructor(options: BenchOptions = {}) {
    this.clock = options.clock ?? new VirtualClock()
    const context = adapterContext({ clock: this.clock, random: new SeededRandom(7) })
    this.queue = new MemoryQueue({}, context)
    const factory = simulatedContainers({ ...options.containers, clock: this.clock }).build(context)
    this.containers = options.factory?.(factory) ?? factory
    this.invoker = createInvoker({
      instance: { id: 0, userMemoryBytes: 2 ** 31, tags: [], dedicatedNamespaces: [] },
      platform: 'test',
      queue: this.queue,
      entityStore: this.entities,
      activationStore: this.records,
      containers: this.containers,
      logStore: this.logStore,
      clock: this.clock,
      random: context.random,
      logger: silentLogger,
      limits: { ...DEFAULT_PLATFORM_LIMITS, concurrency: { min: 1, std: 1, max: 10 } },
      manifest: new RuntimesManifest(options.manifest ?? MANIFEST),
      options: { ...DEFAULT_INVOKER_OPTIONS, apiHost: () => 'http://api', ...options.options },
      ...options.parts,
    })
  }

  async open(): Promise<void> {
    await Promise.all([this.queue.open(), this.entities.open(), this.records.open()])
    await Promise.all([this.logStore.open(), this.containers.open()])
    await this.queue.subscribe(completedTopic('c0'), { group: 'c0', concurrency: 1000 }, ({ body }) => {
      this.acks.push(readAcknowledgement(body))
    })
    await this.queue.subscribe(HEALTH_TOPIC, { group: 'c0', concurrency: 10 }, ({ body }) => {
      this.pings.push(readPing(body))
    })
    await this.invoker.open()
  }

  /** Closes the invoker, moving time so that whatever it waits for can happen. */
  async close(): Promise<void> {
    await this.until(this.invoker.close())
  }

  /** Moves time until the promise settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    for (let rounds = 0; !settled; rounds++) {
      if (rounds > 100_000) throw new Error('the promise does not settle')
      await this.clock.advance(10)
    }
    return promise
  }

  /** Stores the action and remembers its revision. */
  async define(overrides: ActionOverrides = {}): Promise<void> {
    const action = anAction(overrides)
    const id = documentId(action)
    const { document, attachments } = actionDocument(action, { maxInlineCodeBytes: 64, attachmentName: 'code' })
    const revision = this.revisions.get(id)
    const put = await this.entities.put(id, document, { ...(revision === undefined ? {} : { revision }), attachments })
    this.revisions.set(id, put.revision)
  }

  message(overrides: Partial<ActivationMessage> & { readonly args?: JsonValue } = {}): ActivationMessage {
    const { args = {}, ...rest } = overrides
    const action = rest.action ?? { path: 'guest', name: 'hello', version: '0.0.1' }
    const revision = this.revisions.get(documentId(action))
    this.#ids++
    return {
      transaction: { id: 'tid', start: this.clock.now() },
      action,
      ...(revision === undefined ? {} : { revision }),
      user: anIdentity(),
      activationId: this.#ids.toString(16).padStart(32, '0'),
      controllerId: 'c0',
      blocking: false,
      content: JsonText.of(args),
      initArgs: [],
      lockedArgs: {},
      ...rest,
    }
  }

  /** Sends an activation; returns its id. */
  async send(overrides: Partial<ActivationMessage> & { readonly args?: JsonValue } = {}): Promise<string> {
    const message = this.message(overrides)
    await this.queue.publish(invokerTopic(0), activationBody(message))
    return message.activationId
  }

  /** Sends an activation and moves time until its record is there. */
  async run(overrides: Partial<ActivationMessage> & { readonly args?: JsonValue } = {}): Promise<Activation> {
    const id = await this.send(overrides)
    return this.record(id, overrides.user?.namespace.name)
  }

  async record(activationId: string, namespace = 'guest', patienceMs = 600_000): Promise<Activation> {
    for (let waitedMs = 0; waitedMs <= patienceMs; waitedMs += 10) {
      const record = await this.records.get(namespace, activationId)
      if (record) return record
      await this.clock.advance(10)
    }
    throw new Error(`no record of ${activationId} within ${patienceMs} ms`)
  }

  acksOf(activationId: string): Acknowledgement[] {
    return this.acks.filter((ack) => ack.activationId === activationId)
  }
}

export function annotation(record: Activation, key: string): JsonValue | undefined {
  return parameterValue(record.annotations, key)
}
