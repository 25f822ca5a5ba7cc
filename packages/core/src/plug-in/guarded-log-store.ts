import { isPlatformError, PlatformError } from '../errors.ts'
import { isPromise, type MaybePromise } from '../lifecycle.ts'
import type { LogStore, LogStoreCapabilities } from '../log-store/log-store.ts'
import type { Logger } from '../log.ts'
import type { Activation } from '../model/activation.ts'
import type { Identity } from '../model/identity.ts'
import type { Clock } from '../time/clock.ts'
import { within } from '../time/within.ts'
import { firstFault, type OnFault } from './first-fault.ts'

/** How long the end of an activation waits for its logs to be kept, ms. */
const KEEP_LIMIT_MS = 30_000

/** A log store whose lines are lines, and whose every failure is an error of the contract, within some time. */
export class GuardedLogStore implements LogStore {
  readonly #store: LogStore
  readonly #clock: Clock
  readonly #onFault: OnFault

  constructor(store: LogStore, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#store = store
    this.#clock = clock
    this.#onFault = firstFault(logger, 'log store')
  }

  get capabilities(): LogStoreCapabilities {
    return this.#store.capabilities
  }

  open(): Promise<void> {
    return this.#store.open()
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  keep(activation: Activation, user: Identity, lines: readonly string[]): MaybePromise<readonly string[]> {
    try {
      const kept = this.#store.keep(activation, user, lines)
      return isPromise(kept) ? this.#keptInTime(kept) : linesOf(kept)
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async fetch(
    activationId: string,
    activation: Activation | undefined,
    user: Identity,
  ): Promise<readonly string[] | undefined> {
    try {
      const lines = await this.#store.fetch(activationId, activation, user)
      return lines === undefined ? undefined : linesOf(lines)
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async #keptInTime(kept: Promise<readonly string[]>): Promise<readonly string[]> {
    try {
      const lines = await within(this.#clock, kept.then(linesOf), KEEP_LIMIT_MS)
      if (lines) return lines
    } catch (error) {
      throw this.#failure(error)
    }
    throw new PlatformError('ERR_UNAVAILABLE', `the log store did not keep the lines within ${KEEP_LIMIT_MS / 1000} s`)
  }

  #failure(error: unknown): PlatformError {
    if (isPlatformError(error)) return error
    this.#onFault(error)
    return new PlatformError('ERR_UNAVAILABLE', 'the log store failed', { cause: error })
  }
}

function linesOf(lines: readonly string[]): readonly string[] {
  if (Array.isArray(lines) && lines.every((line) => typeof line === 'string')) return lines
  throw new TypeError('the answer is no list of lines')
}
