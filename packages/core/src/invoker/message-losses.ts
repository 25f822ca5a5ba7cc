import type { ActivationJob } from './activation-job.ts'
import { LinkedList, type Link } from './parts/linked-list.ts'

/**
 * Watches over the messages that a subscription delivered: whose jobs wait is told when the message may be given to
 * somebody else. While the subscription closes its messages are still its own, though their signals abort.
 */
export class MessageLosses {
  readonly #jobs = new Map<AbortSignal, LinkedList<ActivationJob>>()
  readonly #onLost: (job: ActivationJob) => void
  #closing = false

  constructor(onLost: (job: ActivationJob) => void) {
    this.#onLost = onLost
  }

  /** The subscription closes. */
  close(): void {
    this.#closing = true
    this.#jobs.clear()
  }

  isLost(signal: AbortSignal): boolean {
    return signal.aborted && !this.#closing
  }

  /**
   * Until the link, of a job that waits, leaves its list. `signal` may be that of many messages: it is listened to
   * once.
   */
  watch(signal: AbortSignal, link: Link<ActivationJob>): void {
    if (this.isLost(signal)) return this.#onLost(link.value)
    if (this.#closing) return
    let jobs = this.#jobs.get(signal)
    if (!jobs) {
      this.#jobs.set(signal, (jobs = new LinkedList()))
      signal.addEventListener('abort', () => this.#lost(signal), { once: true })
    }
    jobs.pushBack(link)
  }

  #lost(signal: AbortSignal): void {
    const jobs = this.#jobs.get(signal)
    this.#jobs.delete(signal)
    // Those that end when another one is let go have left the list before their turn.
    for (let job = jobs?.first; job; job = jobs?.first) {
      jobs?.removeFirst()
      this.#onLost(job)
    }
  }
}
