import type { Clock, Invoker, InvokerObserver, Logger, Queue, Subscription, Timer } from '@stemcell/core'
import { isPromise, SystemClock } from '@stemcell/core'
import { InvokerFigures } from '../figures/invoker-figures.ts'
import { InvokerReporter } from '../stream/invoker-reporter.ts'
import { body, readWatch, reportsTopic, TOPIC, WATCH_TOPIC } from './messages.ts'

/** Who has not said so for so long does not look any more, ms. */
const FORGET_MS = 10_000
/** Reports on their way to the queue; beyond that it is too slow, and the next report begins anew. */
const MAX_PENDING = 4

interface Watching {
  readonly session: string
  readonly stop: () => void
  timer: Timer | undefined
  pending: number
}

/** What the console of another process sees of the invoker in this one. */
export interface InvokerRelay {
  /** For `observers` of `assembleInvoker()`. */
  readonly observer: InvokerObserver
  /** Reports to controllers from now on, whenever one of them says that somebody looks. */
  open(parts: RelayParts): Promise<void>
  /** Idempotent. */
  close(): Promise<void>
}

export interface RelayParts {
  readonly invoker: Pick<Invoker, 'instance' | 'watchContainers'>
  readonly queue: Queue
  readonly logger: Logger
}

/** Until somebody looks, an invoker with a relay waits for messages and counts. */
export function createInvokerRelay(clock: Clock = new SystemClock()): InvokerRelay {
  const figures = new InvokerFigures(clock)
  let relay: Relay | undefined
  return {
    observer: figures.observer,
    async open(parts) {
      relay = new Relay(parts, new InvokerReporter(parts.invoker, figures, clock), clock)
      await relay.open()
    },
    async close() {
      await relay?.close()
      relay = undefined
    },
  }
}

class Relay {
  readonly #parts: RelayParts
  readonly #reporter: InvokerReporter
  readonly #clock: Clock
  readonly #watching = new Map<string, Watching>()
  #subscription: Subscription | undefined

  constructor(parts: RelayParts, reporter: InvokerReporter, clock: Clock) {
    this.#parts = parts
    this.#reporter = reporter
    this.#clock = clock
  }

  async open(): Promise<void> {
    const { queue, invoker } = this.#parts
    await queue.ensureTopic(WATCH_TOPIC, TOPIC)
    const options = { group: `console-invoker${invoker.instance.id}`, concurrency: 1, repeatable: true }
    this.#subscription = await queue.subscribe(WATCH_TOPIC, options, ({ body: message }) => {
      const watch = readWatch(message)
      if (watch) this.#heard(watch.controller, watch.session)
    })
  }

  async close(): Promise<void> {
    for (const controller of this.#watching.keys()) this.#forget(controller)
    await this.#subscription?.close()
  }

  #heard(controller: string, session: string): void {
    let watching = this.#watching.get(controller)
    if (watching?.session !== session) {
      this.#forget(controller)
      watching = this.#begin(controller, session)
    }
    watching.timer?.cancel()
    watching.timer = this.#clock.setTimer(FORGET_MS, () => this.#forget(controller))
  }

  #begin(controller: string, session: string): Watching {
    const topic = reportsTopic(controller)
    const { queue, logger } = this.#parts
    const waiting: Parameters<Parameters<InvokerReporter['watch']>[0]>[0][] = []
    let watching: Watching | undefined
    const send = (report: (typeof waiting)[number]): void => {
      if (!watching) return void waiting.push(report)
      if (watching.pending >= MAX_PENDING) return this.#forget(controller)
      const published = queue.publish(topic, body({ session, report }))
      if (!isPromise(published)) return
      watching.pending++
      const sent = (): void => void watching!.pending--
      published.then(sent, (err: unknown) => {
        sent()
        logger.debug({ err, controller }, 'a report for the console was not sent')
        this.#forget(controller)
      })
    }
    const stop = this.#reporter.watch(send)
    watching = { session, stop, timer: undefined, pending: 0 }
    this.#watching.set(controller, watching)
    for (const report of waiting.splice(0)) send(report)
    return watching
  }

  #forget(controller: string): void {
    const watching = this.#watching.get(controller)
    if (!watching) return
    this.#watching.delete(controller)
    watching.timer?.cancel()
    watching.stop()
  }
}
