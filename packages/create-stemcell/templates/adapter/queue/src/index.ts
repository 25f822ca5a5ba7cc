import {
  MemoryQueue,
  type Adapter,
  type AdapterContext,
  type MessageBody,
  type MessageHandler,
  type PublishOptions,
  type Queue,
  type QueueCapabilities,
  type SubscribeOptions,
  type Subscription,
  type TopicSettings,
} from '@stemcell/core'

export interface MyQueueOptions {
  /** Where the backend is. */
  readonly url: string
}

/** Change what your backend does differently; the kit tests no more than is promised here. */
export const capabilities: QueueCapabilities = {
  ordering: 'key',
  durable: false,
  byReference: true,
  maxBodyBytes: Number.MAX_SAFE_INTEGER,
}

/** Everything is handed to a queue in memory. Replace one method after the other, and run the kit after each. */
export class MyQueue implements Queue {
  readonly capabilities = capabilities
  readonly #memory: MemoryQueue

  constructor(_options: MyQueueOptions, context: AdapterContext) {
    this.#memory = new MemoryQueue({}, context)
  }

  async open(): Promise<void> {
    await this.#memory.open()
  }

  async close(): Promise<void> {
    await this.#memory.close()
  }

  async ensureTopic(topic: string, settings?: TopicSettings): Promise<void> {
    await this.#memory.ensureTopic(topic, settings)
  }

  publish(topic: string, body: MessageBody, options?: PublishOptions): Promise<void> {
    return this.#memory.publish(topic, body, options)
  }

  subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    return this.#memory.subscribe(topic, options, handler)
  }
}

/** For `assemble({ queue: myQueue({ url }) })`. */
export function myQueue(options: MyQueueOptions): Adapter<Queue> {
  return { name: '__NAME__', core: '^__VERSION__', build: (context) => new MyQueue(options, context) }
}
