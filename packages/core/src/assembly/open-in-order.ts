import { isPlatformError, PlatformError } from '../errors.ts'
import type { Logger } from '../log.ts'

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

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * Opens one after the other. When one fails, those that were opened are closed in reverse order and the failure is
   * thrown with the name of the part in front.
   */
  async open(parts: readonly Opening[]): Promise<void> {
    for (const part of parts) {
      try {
        await part.open()
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
        await part.close()
      } catch (err) {
        this.#logger.error({ err, adapter: part.name }, 'part did not close cleanly')
      }
    }
  }
}

function named(name: string, error: unknown): PlatformError {
  const message = error instanceof Error ? error.message : String(error)
  return new PlatformError(isPlatformError(error) ? error.code : 'ERR_UNAVAILABLE', `${name}: ${message}`, {
    cause: error,
  })
}
