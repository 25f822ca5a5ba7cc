import { isPlatformError, PlatformError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Clock } from '../time/clock.ts'
import { within } from '../time/within.ts'

/** Something the platform opens, under the name that errors and logs give it. */
export interface Opening {
  readonly name: string
  open(): Promise<void>
  close(): Promise<void>
}

/** Parts that are open, in the order in which they were opened. */
export class OpenParts {
  readonly #open: Opening[] = []
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #limitMs: number

  /** `limitMs`: how long each part may take to open, and to close. */
  constructor(logger: Logger, clock: Clock, limitMs: number) {
    this.#logger = logger
    this.#clock = clock
    this.#limitMs = limitMs
  }

  /**
   * Opens one after the other. When one fails, those that were opened are closed in reverse order and the failure is
   * thrown with the name of the part in front.
   */
  async open(parts: readonly Opening[]): Promise<void> {
    for (const part of parts) {
      try {
        await this.#openInTime(part)
      } catch (error) {
        await this.close()
        throw named(part.name, error)
      }
      this.#open.push(part)
    }
  }

  /** Closes in reverse order. One that fails is logged and does not keep the others open. */
  async close(): Promise<void> {
    for (let part = this.#open.pop(); part; part = this.#open.pop()) {
      try {
        const inTime = await within(this.#clock, closed(part), this.#limitMs)
        if (!inTime)
          this.#logger.error(
            { adapter: part.name, afterMs: this.#limitMs },
            'part did not close in time; it is abandoned',
          )
      } catch (err) {
        this.#logger.error({ err, adapter: part.name }, 'part did not close cleanly')
      }
    }
  }

  async #openInTime(part: Opening): Promise<void> {
    const opening = opened(part)
    if (await within(this.#clock, opening, this.#limitMs)) return
    // Should it open after all, nobody wants it any more.
    void opening
      .then(() => part.close())
      .catch((err: unknown) => this.#logger.error({ err, adapter: part.name }, 'part did not close cleanly'))
    const fix = 'mend what it waits for, or give it more time with openTimeoutMs'
    throw new PlatformError('ERR_CONFIG', `its open() did not settle within ${this.#limitMs} ms: ${fix}`)
  }
}

async function opened(part: Opening): Promise<true> {
  await part.open()
  return true
}

async function closed(part: Opening): Promise<true> {
  await part.close()
  return true
}

function named(name: string, error: unknown): PlatformError {
  const message = error instanceof Error ? error.message : String(error)
  return new PlatformError(isPlatformError(error) ? error.code : 'ERR_UNAVAILABLE', `${name}: ${message}`, {
    cause: error,
  })
}
