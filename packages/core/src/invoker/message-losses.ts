import type { ActivationJob } from './activation-job.ts'

/**
 * Watches over the messages that a subscription delivered: whose jobs wait is told when the message may be given to
 * somebody else. While the subscription closes its messages are still its own, though their signals abort.
 */
export class MessageLosses {
  readonly #jobs = new Map<AbortSignal, Set<ActivationJob>>()
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

  /** `signal` may be that of many messages: it is listened to once. */
  watch(signal: AbortSignal, job: ActivationJob): void {
    if (this.isLost(signal)) return this.#onLost(job)
    if (this.#closing) return
    const known = this.#jobs.get(signal)
    if (known) known.add(job)
    else {
      this.#jobs.set(signal, new Set([job]))
      signal.addEventListener('abort', () => this.#lost(signal), { once: true })
    }
  }

  forget(signal: AbortSignal, job: ActivationJob): void {
    this.#jobs.get(signal)?.delete(job)
  }

  #lost(signal: AbortSignal): void {
    const jobs = this.#jobs.get(signal) ?? []
    this.#jobs.delete(signal)
    for (const job of jobs) this.#onLost(job)
  }
}
