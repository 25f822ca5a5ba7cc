import { isPromise, type MaybePromise } from '../lifecycle.ts'
import type { ActivationMessage } from '../messages/activation-message.ts'
import type { Delivery } from '../queue/queue.ts'
import type { ActivationJob } from './activation-job.ts'
import type { MessageLosses } from './message-losses.ts'
import { Link } from './parts/linked-list.ts'

/** A message that was taken from the queue, until it is known what became of its activation. */
export class Taken {
  readonly message: ActivationMessage
  readonly received: { readonly atMs: number; readonly monotonicMs: number }
  readonly delivery: Delivery
  readonly losses: MessageLosses
  /** What the queue waits for. */
  readonly outcome: Promise<void>
  readonly #onClosed: (ended: boolean) => void
  /** While its job waits. */
  #watched: Link<ActivationJob> | undefined
  #settle!: () => void
  #fail!: (error: unknown) => void

  /** `onClosed` is called once, before the queue hears of it: with true when the activation has ended. */
  constructor(
    message: ActivationMessage,
    received: Taken['received'],
    delivery: Delivery,
    losses: MessageLosses,
    onClosed: (ended: boolean) => void,
  ) {
    this.message = message
    this.received = received
    this.delivery = delivery
    this.losses = losses
    this.#onClosed = onClosed
    this.outcome = new Promise((resolve, reject) => {
      this.#settle = resolve
      this.#fail = reject
    })
  }

  /** The job waits: it is told when the message may be given to somebody else. */
  watch(job: ActivationJob): void {
    this.#watched = new Link(job)
    this.losses.watch(this.delivery.signal, this.#watched)
  }

  /** Called once, with what becomes of the activation. */
  settled(outcome: MaybePromise<void>): void {
    this.#watched?.unlink()
    if (isPromise(outcome)) {
      outcome.then(
        () => this.#ended(),
        (error: unknown) => this.failed(error),
      )
    } else this.#ended()
  }

  #ended(): void {
    this.#onClosed(true)
    this.#settle()
  }

  /** The same when nothing came of it. */
  failed(error: unknown): void {
    this.#onClosed(false)
    this.#fail(error)
  }
}
