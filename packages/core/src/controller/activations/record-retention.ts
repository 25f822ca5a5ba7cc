import { PlatformError } from '../../errors.ts'
import type { Lifecycle } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'

/** Which activation records are kept. Given at all, it must say `maxAgeMs` or `maxPerNamespace`; both hold together. */
export interface RetentionOptions {
  /** Records that started longer ago are removed, ms. */
  readonly maxAgeMs?: number | undefined
  /** Of each namespace only so many of the latest are kept. */
  readonly maxPerNamespace?: number | undefined
  /** How often to look, ms. Default 1 min. */
  readonly everyMs?: number | undefined
}

const DAY_MS = 86_400_000

export const DEFAULT_RETENTION: RetentionOptions = { maxAgeMs: 7 * DAY_MS }

const DEFAULT_EVERY_MS = 60_000

/** Calls of the store before others have their turn; what is left goes a moment later. */
const CALLS_PER_ROUND = 10
const REST_MS = 1000

export interface RetentionParts {
  readonly activationStore: ActivationStore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/**
 * Has the activation store remove what need not be kept, again and again, at moments that chance spreads over the
 * period. Any number of controllers may do so with one store.
 */
export class RecordRetention implements Lifecycle {
  readonly #parts: RetentionParts
  readonly #options: RetentionOptions
  readonly #everyMs: number
  #timer: Timer | undefined
  #round: Promise<void> | undefined
  #open = false

  /** @throws ERR_CONFIG */
  constructor(options: RetentionOptions, parts: RetentionParts) {
    checkOptions(options)
    this.#parts = parts
    this.#options = options
    this.#everyMs = options.everyMs ?? DEFAULT_EVERY_MS
  }

  async open(): Promise<void> {
    if (this.#open) return
    this.#open = true
    this.#parts.logger.info({ ...this.#options }, 'activation records are removed by age or number')
    this.#schedule(this.#parts.random.below(this.#everyMs))
  }

  async close(): Promise<void> {
    this.#open = false
    this.#timer?.cancel()
    await this.#round
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#parts.clock.setTimer(delayMs, () => {
      this.#round = this.#expire().then((isDone) => {
        // From nine tenths of the period to eleven, so that controllers started together drift apart.
        const spreadMs = Math.floor(this.#everyMs / 5)
        const nextMs = this.#everyMs - spreadMs / 2 + this.#parts.random.below(spreadMs + 1)
        if (this.#open) this.#schedule(isDone ? nextMs : Math.min(REST_MS, nextMs))
      })
    })
  }

  /** True when nothing is left to be removed, or nothing can be now. */
  async #expire(): Promise<boolean> {
    const { activationStore, clock, logger } = this.#parts
    const { maxAgeMs, maxPerNamespace } = this.#options
    const retention = {
      ...(maxAgeMs === undefined ? {} : { before: clock.now() - maxAgeMs }),
      ...(maxPerNamespace === undefined ? {} : { maxPerNamespace }),
    }
    let removed = 0
    let isDone = false
    try {
      for (let calls = 0; calls < CALLS_PER_ROUND && this.#open && !isDone; calls++) {
        const count = await activationStore.expire(retention)
        removed += count
        isDone = count === 0
      }
    } catch (err) {
      logger.warn({ err, removed }, 'activation records not removed, next attempt after the usual time')
      return true
    }
    if (removed > 0) logger.debug({ removed }, 'activation records removed')
    return isDone
  }
}

function checkOptions({ maxAgeMs, maxPerNamespace, everyMs }: RetentionOptions): void {
  const refuse = (what: string): never => {
    throw new PlatformError('ERR_CONFIG', `retention: ${what}`)
  }
  if (maxAgeMs === undefined && maxPerNamespace === undefined) {
    refuse('give maxAgeMs or maxPerNamespace, or false to keep every record')
  }
  if (maxAgeMs !== undefined && !(maxAgeMs > 0)) refuse(`maxAgeMs is ${maxAgeMs}, give a number of ms above 0`)
  if (maxPerNamespace !== undefined && !(Number.isInteger(maxPerNamespace) && maxPerNamespace >= 0)) {
    refuse(`maxPerNamespace is ${maxPerNamespace}, give an integer of at least 0`)
  }
  if (everyMs !== undefined && !(Number.isInteger(everyMs) && everyMs >= 1)) {
    refuse(`everyMs is ${everyMs}, give an integer of at least 1 ms`)
  }
}
