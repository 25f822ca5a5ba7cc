import { adapterContext, type Adapter, type AdapterContext } from '../adapter.ts'
import { PlatformError } from '../errors.ts'
import type { MaybePromise } from '../lifecycle.ts'
import { requireGroupName, requireKey, requireTopicName } from './queue-names.ts'
import { MemoryGroup, type Subscriber } from './memory-group.ts'
import type {
  MessageBody,
  MessageHandler,
  PublishOptions,
  Queue,
  QueueCapabilities,
  SubscribeOptions,
  Subscription,
  TopicSettings,
} from './queue.ts'

/** Options of {@link memoryQueue}. */
export interface MemoryQueueOptions {
  /** Largest body accepted, bytes. Default: no bound, and no body is ever serialised to measure it. */
  readonly maxBodyBytes?: number
}

const DEFAULT_REDELIVER_AFTER_MS = 1000

/**
 * A queue inside one process. Bodies are handed over by reference, a message reaches a free subscriber within a
 * microtask, and nothing is ever dropped for its age or number: {@link TopicSettings} have no effect. A message
 * published to a topic that no group has subscribed to yet is kept for nobody. Groups and their messages outlive
 * `close()` and are there again after `open()`; they die with the object.
 */
export class MemoryQueue implements Queue {
  readonly capabilities: QueueCapabilities
  readonly #context: AdapterContext
  readonly #bounded: boolean
  readonly #topics = new Map<string, MemoryGroup[]>()
  readonly #subscriptions = new Set<Subscription>()
  #state: 'closed' | 'open' | 'closing' = 'closed'
  #closing: Promise<void> = Promise.resolve()

  constructor(options: MemoryQueueOptions = {}, context: AdapterContext = adapterContext()) {
    const { maxBodyBytes = Number.MAX_SAFE_INTEGER } = options
    if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1) {
      throw new PlatformError('ERR_CONFIG', 'memoryQueue: option maxBodyBytes must be a positive integer (bytes)')
    }
    this.#context = context
    this.#bounded = options.maxBodyBytes !== undefined
    this.capabilities = { ordering: 'key', durable: false, byReference: true, maxBodyBytes }
  }

  async open(): Promise<void> {
    await this.#closing
    if (this.#state === 'open') return
    this.#state = 'open'
    for (const groups of this.#topics.values()) for (const group of groups) group.resume()
  }

  close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#closing = this.#finish()
    }
    return this.#closing
  }

  async #finish(): Promise<void> {
    await Promise.all(Array.from(this.#subscriptions, (subscription) => subscription.close()))
    for (const groups of this.#topics.values()) for (const group of groups) group.stop()
    this.#state = 'closed'
  }

  async ensureTopic(topic: string, _settings?: TopicSettings): Promise<void> {
    requireTopicName(topic)
    if (this.#state !== 'open') throw closed()
  }

  publish(topic: string, body: MessageBody, options?: PublishOptions): MaybePromise<void> {
    // Handlers that are still running while the queue closes may publish what they have to say.
    if (this.#state === 'closed') return Promise.reject(closed())
    if (this.#bounded && body.bytes().length > this.capabilities.maxBodyBytes) {
      const message = `body of ${body.bytes().length} bytes exceeds maxBodyBytes ${this.capabilities.maxBodyBytes}`
      return Promise.reject(new PlatformError('ERR_TOO_LARGE', `memory queue: ${message}`))
    }
    const groups = this.#topics.get(topic)
    try {
      if (!groups) requireTopicName(topic)
      requireKey(options?.key)
    } catch (error) {
      return Promise.reject(error as TypeError)
    }
    if (groups) for (const group of groups) group.add(body, options?.key)
    return undefined
  }

  async subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    const { group: groupName, concurrency, redeliverAfterMs = DEFAULT_REDELIVER_AFTER_MS } = options
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new TypeError('concurrency must be a positive integer')
    }
    requireTopicName(topic)
    requireGroupName(groupName)
    if (this.#state !== 'open') throw closed()

    const group = this.#group(topic, groupName)
    const abort = new AbortController()
    const subscriber: Subscriber = {
      handler,
      concurrency,
      redeliverAfterMs,
      signal: abort.signal,
      running: 0,
      onIdle: undefined,
    }
    group.join(subscriber)
    let closing: Promise<void> | undefined
    const subscription: Subscription = {
      close: () => {
        closing ??= leave(group, subscriber, abort).then(() => {
          this.#subscriptions.delete(subscription)
        })
        return closing
      },
    }
    this.#subscriptions.add(subscription)
    return subscription
  }

  #group(topic: string, name: string): MemoryGroup {
    let groups = this.#topics.get(topic)
    if (!groups) this.#topics.set(topic, (groups = []))
    let group = groups.find((candidate) => candidate.name === name)
    if (!group) groups.push((group = new MemoryGroup(name, this.#context.clock, this.#context.logger.child({ topic }))))
    return group
  }
}

function leave(group: MemoryGroup, subscriber: Subscriber, abort: AbortController): Promise<void> {
  group.leave(subscriber)
  return new Promise((resolve) => {
    subscriber.onIdle = () => {
      if (subscriber.running === 0) resolve()
    }
    abort.abort()
    subscriber.onIdle()
  })
}

function closed(): PlatformError {
  return new PlatformError('ERR_CLOSED', 'memory queue is not open')
}

/** The queue of a platform that lives in one process. */
export function memoryQueue(options: MemoryQueueOptions = {}): Adapter<MemoryQueue> {
  return { name: '@stemcell/core', core: '^0.1.0', build: (context) => new MemoryQueue(options, context) }
}
