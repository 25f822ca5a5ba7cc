import {
  adapterContext,
  bytesBody,
  isPlatformError,
  MemoryQueue,
  PlatformError,
  requireGroupName,
  requireKey,
  requireTopicName,
  SystemClock,
  type Delivery,
  type MessageBody,
  type MessageHandler,
  type PublishOptions,
  type Queue,
  type QueueCapabilities,
  type SubscribeOptions,
  type Subscription,
  type TopicSettings,
} from '@stemcell/core'
import type { CaseHooks } from '../kit/case-hooks.ts'

/** How long a message is held for a subscriber that is cut off, ms. */
export const LEASE_MS = 80
/** How long a call that needs the backend tries, ms. */
const TIMEOUT_MS = 60

/** What a queue may do wrong, each a mistake that an adapter of a real backend was seen to make. */
export interface QueueFlaws {
  readonly publishesIntoTheVoid?: true
  readonly ensuresNothing?: true
  readonly ensuresAlways?: true
  readonly changesTopics?: true
  readonly failsPlainly?: true
  readonly opensAlways?: true
  readonly renewsNoLease?: true
  readonly abortsNothing?: true
  readonly holdsFewer?: true
  readonly holdsMore?: true
  readonly inventsMessages?: true
  readonly releasesAtOnce?: true
  readonly beginsEarlier?: true
  readonly sharesNothing?: true
  readonly sharesNoGroup?: true
  readonly takesAnyName?: true
  readonly takesFewNames?: true
  readonly takesLongKeys?: true
}

/** A server that exists only here: what all its clients share. */
class Backend {
  readonly queue = new MemoryQueue({}, adapterContext())
  readonly topics = new Map<string, TopicSettings>()
  readonly published: { readonly topic: string; readonly body: MessageBody }[] = []
  readonly opened = this.queue.open()
}

const clock = new SystemClock()
let serial = 0

/** A client of a simulated server, which can be cut off from it; with the flaws that it is given. */
export class SimulatedQueue implements Queue {
  readonly capabilities: QueueCapabilities = {
    ordering: 'none',
    durable: true,
    byReference: false,
    maxBodyBytes: 2 ** 26,
  }
  readonly #flaws: QueueFlaws
  readonly #backend: Backend
  readonly #subscriptions = new Set<SimulatedSubscription>()
  readonly #id = ++serial
  #open = false
  #cutOff = false

  constructor(flaws: QueueFlaws = {}, backend = new Backend()) {
    this.#flaws = flaws
    this.#backend = backend
  }

  another(): SimulatedQueue {
    return new SimulatedQueue(this.#flaws, this.#flaws.sharesNothing ? new Backend() : this.#backend)
  }

  settingsOf(topic: string): TopicSettings | undefined {
    return this.#backend.topics.get(topic)
  }

  cutOff(): void {
    this.#cutOff = true
    for (const subscription of this.#subscriptions) subscription.cutOff()
  }

  restore(): void {
    this.#cutOff = false
    for (const subscription of this.#subscriptions) subscription.restore()
  }

  async open(): Promise<void> {
    if (!this.#flaws.opensAlways) await this.#reach()
    await this.#backend.opened
    this.#open = true
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#subscriptions, (subscription) => subscription.close()))
    this.#open = false
  }

  async ensureTopic(topic: string, settings: TopicSettings = {}): Promise<void> {
    this.#check(topic)
    if (!this.#open) throw closed()
    if (this.#flaws.ensuresNothing) return
    if (!this.#flaws.ensuresAlways) await this.#reach()
    const known = this.#backend.topics.get(topic)
    if (!known || this.#flaws.changesTopics) this.#backend.topics.set(topic, { ...known, ...settings })
  }

  async publish(topic: string, body: MessageBody, options?: PublishOptions): Promise<void> {
    this.#check(topic)
    if (!this.#flaws.takesLongKeys) requireKey(options?.key)
    if (!this.#open) throw closed()
    if (body.bytes().length > this.capabilities.maxBodyBytes) throw new PlatformError('ERR_TOO_LARGE', 'too large')
    if (this.#flaws.publishesIntoTheVoid && this.#cutOff) return
    await this.#reach()
    this.#backend.published.push({ topic, body })
    await this.#backend.queue.publish(topic, bytesBody(body.bytes()))
  }

  async subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    if (!Number.isSafeInteger(options.concurrency) || options.concurrency < 1) throw new TypeError('concurrency')
    this.#check(topic)
    if (!this.#flaws.takesAnyName) requireGroupName(options.group)
    if (!this.#open) throw closed()
    await this.#reach()
    const group = this.#flaws.sharesNoGroup ? `${options.group}${this.#id}` : options.group
    const { concurrency } = options
    const places = this.#flaws.holdsFewer ? Math.min(concurrency, 3) : this.#flaws.holdsMore ? 100 : concurrency
    const subscription = new SimulatedSubscription(this.#flaws, handler, concurrency, (take) =>
      this.#backend.queue.subscribe(topic, { ...options, group, concurrency: places }, take),
    )
    this.#subscriptions.add(subscription)
    if (this.#flaws.beginsEarlier) {
      for (const { topic: place, body } of this.#backend.published.splice(0)) {
        if (place === topic) await handler({ body, attempt: 1, signal: new AbortController().signal })
      }
    }
    await subscription.start()
    return {
      close: async () => {
        await subscription.close()
        this.#subscriptions.delete(subscription)
      },
    }
  }

  #check(topic: string): void {
    if (!this.#flaws.takesAnyName) requireTopicName(topic)
    if (this.#flaws.takesFewNames && topic.includes('_')) throw new TypeError('no _, please')
  }

  async #reach(): Promise<void> {
    const deadline = clock.monotonic() + TIMEOUT_MS
    while (this.#cutOff) {
      if (clock.monotonic() < deadline) await clock.sleep(2)
      else if (this.#flaws.failsPlainly) throw new Error('connect ECONNREFUSED')
      else throw new PlatformError('ERR_UNAVAILABLE', 'the simulated server does not answer')
    }
  }
}

interface Held {
  readonly abort: AbortController
  /** Gives the message back to the server. */
  readonly lose: () => void
}

class SimulatedSubscription {
  readonly #flaws: QueueFlaws
  readonly #handler: MessageHandler
  readonly #concurrency: number
  readonly #join: (take: MessageHandler) => Promise<Subscription>
  readonly #held = new Set<Held>()
  readonly #lost = new Set<Held>()
  readonly #running = new Set<Promise<void>>()
  #joined: Promise<Subscription> | undefined
  #expiry: ReturnType<SystemClock['setTimer']> | undefined
  #idle: ReturnType<SystemClock['setTimer']> | undefined
  #closed = false

  constructor(
    flaws: QueueFlaws,
    handler: MessageHandler,
    concurrency: number,
    join: (take: MessageHandler) => Promise<Subscription>,
  ) {
    this.#flaws = flaws
    this.#handler = handler
    this.#concurrency = concurrency
    this.#join = join
  }

  async start(): Promise<void> {
    this.#joined = this.#join((delivery) => this.#take(delivery))
    await this.#joined
  }

  cutOff(): void {
    const left = this.#joined?.then((subscription) => void subscription.close())
    this.#joined = undefined
    this.#expiry = clock.setTimer(LEASE_MS, () => {
      void left?.then(() => this.#expire())
    })
  }

  restore(): void {
    this.#expiry?.cancel()
    if (!this.#flaws.abortsNothing) for (const { abort } of this.#lost) abort.abort()
    this.#lost.clear()
    if (!this.#closed) void this.start()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#idle?.cancel()
    this.#expiry?.cancel()
    for (const { abort } of [...this.#held, ...this.#lost]) abort.abort()
    await (await this.#joined)?.close()
    await Promise.allSettled(this.#running)
  }

  #expire(): void {
    for (const held of this.#held) {
      held.lose()
      this.#lost.add(held)
    }
    this.#held.clear()
  }

  async #take(delivery: Delivery): Promise<void> {
    this.#idle?.cancel()
    while (this.#flaws.holdsMore && this.#running.size >= this.#concurrency) await clock.sleep(1)
    const abort = new AbortController()
    const lost = new Promise<never>((_resolve, reject) => {
      const held = { abort, lose: () => reject(new Error('the lease has ended')) }
      this.#held.add(held)
      const running = this.#run({ ...delivery, signal: abort.signal }).finally(() => {
        this.#held.delete(held)
        this.#running.delete(running)
      })
      this.#running.add(running)
      running.then(() => reject(FULFILLED), reject)
      if (this.#flaws.renewsNoLease) clock.setTimer(LEASE_MS, held.lose)
    })
    try {
      await lost
    } catch (error) {
      if (error !== FULFILLED) throw error
    }
    if (this.#flaws.inventsMessages) {
      this.#idle = clock.setTimer(40, () => {
        void this.#handler({ body: bytesBody(new Uint8Array(0)), attempt: 1, signal: abort.signal })
      })
    }
  }

  async #run(delivery: Delivery): Promise<void> {
    for (;;) {
      try {
        return await this.#handler(delivery)
      } catch (error) {
        if (!this.#flaws.releasesAtOnce || !isPlatformError(error, 'ERR_RELEASED')) throw error
      }
    }
  }
}

const FULFILLED = Symbol('fulfilled')

function closed(): PlatformError {
  return new PlatformError('ERR_CLOSED', 'simulated queue is not open')
}

function simulated(subject: Queue): SimulatedQueue {
  if (!(subject instanceof SimulatedQueue)) throw new Error('this double has no backend')
  return subject
}

/** What a simulated queue, sound or broken, offers to the cases that need more than a subject. */
export const simulatedHooks: CaseHooks<Queue> = {
  disrupt: async (subject) => simulated(subject).cutOff(),
  restore: async (subject) => simulated(subject).restore(),
  another: (subject) => simulated(subject).another(),
  leaseMs: LEASE_MS,
  idleMs: 150,
  settingsOf: async (subject, topic) => {
    const settings = simulated(subject).settingsOf(topic)
    return settings && { ...settings }
  },
}
