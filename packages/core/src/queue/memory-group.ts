import { isPlatformError } from '../errors.ts'
import { isPromise, type MaybePromise } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { Clock, Timer } from '../time/clock.ts'
import { Fifo } from './fifo.ts'
import type { MessageBody, MessageHandler } from './queue.ts'

/** Cheaper than a microtask of its own context each time. */
const soon = Promise.resolve()

interface Message {
  readonly body: MessageBody
  readonly key: string | undefined
  /** Deliveries so far. */
  attempts: number
  /** Not to be delivered before this moment of the monotonic clock; set by a rejection. */
  notBeforeMs: number
}

/** One subscriber as its group sees it. */
export interface Subscriber {
  readonly handler: MessageHandler
  readonly concurrency: number
  readonly redeliverAfterMs: number
  readonly signal: AbortSignal
  running: number
  /** Called when a handler of a closing subscriber ends. */
  onIdle: (() => void) | undefined
}

/**
 * A consumer group of a topic in memory: the messages it has not acknowledged and who may take them.
 * Of each key only one message is ready or running at a time; the others wait behind it, which is what keeps their
 * order even while one of them is being redelivered.
 */
export class MemoryGroup {
  readonly name: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #ready = new Fifo<Message>()
  /** Keys with a message ready, running or delayed, and what waits behind it. */
  readonly #lanes = new Map<string, Fifo<Message> | undefined>()
  readonly #delayed = new Map<Message, Timer | undefined>()
  readonly #subscribers: Subscriber[] = []
  #turn = 0
  #scheduled = false

  constructor(name: string, clock: Clock, logger: Logger) {
    this.name = name
    this.#clock = clock
    this.#logger = logger
  }

  add(body: MessageBody, key: string | undefined): void {
    const message: Message = { body, key, attempts: 0, notBeforeMs: 0 }
    if (key !== undefined) {
      if (this.#lanes.has(key)) {
        let lane = this.#lanes.get(key)
        if (!lane) this.#lanes.set(key, (lane = new Fifo()))
        lane.push(message)
        return
      }
      this.#lanes.set(key, undefined)
    }
    this.#ready.push(message)
    this.#schedule()
  }

  join(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber)
    this.#schedule()
  }

  leave(subscriber: Subscriber): void {
    const index = this.#subscribers.indexOf(subscriber)
    if (index >= 0) this.#subscribers.splice(index, 1)
  }

  /** Releases the timers of delayed messages; the messages stay. Called when no handler runs. */
  stop(): void {
    for (const [message, timer] of this.#delayed) {
      timer?.cancel()
      this.#delayed.set(message, undefined)
    }
  }

  resume(): void {
    for (const message of this.#delayed.keys()) this.#arm(message)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    void soon.then(this.#drain)
  }

  readonly #drain = (): void => {
    this.#scheduled = false
    while (this.#ready.length > 0) {
      const subscriber = this.#nextFree()
      if (!subscriber) return
      this.#deliver(this.#ready.shift()!, subscriber)
    }
  }

  /** Whoever is next in turn and has room. */
  #nextFree(): Subscriber | undefined {
    const count = this.#subscribers.length
    for (let tried = 0; tried < count; tried++) {
      this.#turn = this.#turn + 1 < count ? this.#turn + 1 : 0
      const subscriber = this.#subscribers[this.#turn]!
      if (subscriber.running < subscriber.concurrency) return subscriber
    }
    return undefined
  }

  #deliver(message: Message, subscriber: Subscriber): void {
    message.attempts++
    subscriber.running++
    let outcome: MaybePromise<void>
    try {
      outcome = subscriber.handler({ body: message.body, attempt: message.attempts, signal: subscriber.signal })
    } catch (err) {
      this.#rejected(message, subscriber, err)
      return
    }
    if (outcome !== undefined && isPromise(outcome)) {
      outcome.then(
        () => this.#acknowledged(message, subscriber),
        (err: unknown) => this.#rejected(message, subscriber, err),
      )
    } else {
      this.#acknowledged(message, subscriber)
    }
  }

  #acknowledged(message: Message, subscriber: Subscriber): void {
    if (message.key !== undefined) this.#advanceLane(message.key)
    this.#ended(subscriber)
  }

  #advanceLane(key: string): void {
    const next = this.#lanes.get(key)?.shift()
    if (next) this.#ready.push(next)
    else this.#lanes.delete(key)
  }

  #rejected(message: Message, subscriber: Subscriber, err: unknown): void {
    const { redeliverAfterMs } = subscriber
    this.#logger.warn(
      { group: this.name, attempt: message.attempts, redeliverAfterMs, err },
      'handler rejected a message; it will be delivered again',
    )
    if (isPlatformError(err, 'ERR_RELEASED')) message.attempts--
    message.notBeforeMs = this.#clock.monotonic() + redeliverAfterMs
    this.#arm(message)
    this.#ended(subscriber)
  }

  #arm(message: Message): void {
    const timer = this.#clock.setTimer(message.notBeforeMs - this.#clock.monotonic(), () => {
      this.#delayed.delete(message)
      this.#ready.push(message)
      this.#schedule()
    })
    this.#delayed.set(message, timer)
  }

  #ended(subscriber: Subscriber): void {
    subscriber.running--
    subscriber.onIdle?.()
    if (this.#ready.length > 0) this.#schedule()
  }
}
