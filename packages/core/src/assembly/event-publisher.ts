import { isPromise, type Lifecycle, type MaybePromise } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { eventBody, EVENTS_TOPIC, type EventMessage } from '../messages/event-message.ts'
import type { Queue } from '../queue/queue.ts'

/** Events on their way at once; what comes on top is dropped, as nobody may wait for them. */
const MAX_UNDER_WAY = 4096

/** Publishes user events behind what causes them. Losing some costs statistics, not activations: it is logged. */
export class EventPublisher implements Lifecycle {
  readonly #queue: Queue
  readonly #logger: Logger
  readonly #underWay = new Set<Promise<void>>()
  #dropped = 0

  constructor(queue: Queue, logger: Logger) {
    this.#queue = queue
    this.#logger = logger
  }

  async open(): Promise<void> {
    await this.#queue.ensureTopic(EVENTS_TOPIC)
  }

  /** Waits until what is under way was published. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  publish(event: EventMessage): void {
    if (this.#underWay.size >= MAX_UNDER_WAY) {
      this.#lost(new RangeError(`more than ${MAX_UNDER_WAY} events under way`))
      return
    }
    let published: MaybePromise<void>
    try {
      published = this.#queue.publish(EVENTS_TOPIC, eventBody(event))
    } catch (error) {
      // A queue that throws at once must not take the activation with it.
      return this.#lost(error)
    }
    if (!isPromise(published)) return
    const publication = published
      .catch((err: unknown) => this.#lost(err))
      .finally(() => this.#underWay.delete(publication))
    this.#underWay.add(publication)
  }

  /** The first, and then each thousandth. */
  #lost(err: unknown): void {
    if (this.#dropped++ % 1000 === 0) this.#logger.warn({ err, lost: this.#dropped }, 'user events not published')
  }
}
