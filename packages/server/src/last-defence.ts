import type { Logger } from '@stemcell/core'

/**
 * Hears of what nothing else has caught while the server runs. Ending the process, as Node.js would, makes one failure
 * everybody's: all that runs would be cut short. So each is logged with its stack and counted, and the server goes on.
 * Whoever would rather restart it watches the counter.
 */
export class LastDefence {
  readonly #logger: Logger
  #count = 0
  readonly #hear = (err: unknown, origin: string): void => {
    this.#count++
    this.#logger.error({ err, origin }, 'uncaught error; the server goes on')
  }

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** How often so far. */
  get count(): number {
    return this.#count
  }

  /** From now on. Before, a failure is one of the start and ends it. */
  hold(): void {
    process.on('uncaughtException', this.#hear)
  }

  release(): void {
    process.off('uncaughtException', this.#hear)
  }
}
