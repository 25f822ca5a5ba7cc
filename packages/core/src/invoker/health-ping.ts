import type { Logger } from '../log.ts'
import type { InvokerInstance } from '../messages/invoker-instance.ts'
import { HEALTH_TOPIC, pingBody } from '../messages/ping.ts'
import type { Queue } from '../queue/queue.ts'
import type { Clock, Timer } from '../time/clock.ts'

const PERIOD_MS = 1_000

export interface HealthPingParts {
  readonly instance: InvokerInstance
  readonly queue: Queue
  readonly clock: Clock
  readonly logger: Logger
  /** Called with every period, whether or not the queue answers. */
  readonly onPeriod: () => void
}

/** Says every second that the invoker lives, and whether it takes work. */
export class HealthPing {
  readonly #parts: HealthPingParts
  #enabled = true
  #timer: Timer | undefined
  #pending: Promise<void> | undefined

  constructor(parts: HealthPingParts) {
    this.#parts = parts
  }

  start(): void {
    this.#enabled = true
    this.#tick()
  }

  /** Says at once, and from then on, whether work is taken. Resolves when the queue has it, or refused it. */
  async announce(enabled: boolean): Promise<void> {
    if (this.#enabled === enabled) return
    this.#enabled = enabled
    // The one on its way may still say the opposite.
    await this.#pending
    await this.#send()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #tick(): void {
    this.#timer = this.#parts.clock.setTimer(PERIOD_MS, () => this.#tick())
    this.#parts.onPeriod()
    // A queue that hangs gets one ping at a time.
    this.#pending ??= this.#send().then(() => {
      this.#pending = undefined
    })
  }

  async #send(): Promise<void> {
    const { queue, instance, logger } = this.#parts
    try {
      await queue.publish(HEALTH_TOPIC, pingBody({ instance, enabled: this.#enabled }))
    } catch (err) {
      logger.warn({ err }, 'ping not sent')
    }
  }
}
