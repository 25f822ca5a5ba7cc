import {
  adapterContext,
  isPromise,
  PlatformError,
  type AdapterContext,
  type Lifecycle,
  type MaybePromise,
} from '@stemcell/core'
import type { LevelDatabase } from './level-database.ts'
import type { LevelSettings } from './level-stores-options.ts'
import { acquireDatabase, releaseDatabase } from './shared-databases.ts'
import { toPlatformError } from './to-platform-error.ts'

const ignore = (): void => undefined

/** A store's use of the database: opens and closes it, counts what runs, and translates what goes wrong. */
export class DatabaseSession implements Lifecycle {
  readonly #settings: LevelSettings
  readonly #context: AdapterContext
  #database: LevelDatabase | undefined
  #running = 0
  #whenIdle: (() => void) | undefined
  #transition: Promise<void> = Promise.resolve()
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(settings: LevelSettings, context: AdapterContext = adapterContext()) {
    this.#settings = settings
    this.#context = context
  }

  open(): Promise<void> {
    this.#closing = undefined
    this.#opening ??= this.#after(
      async () => {
        this.#database ??= await acquireDatabase(this.#settings, this.#context)
      },
      () => (this.#opening = undefined),
    )
    return this.#opening
  }

  close(): Promise<void> {
    this.#opening = undefined
    this.#closing ??= this.#after(
      async () => {
        const database = this.#database
        if (!database) return
        this.#database = undefined
        if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
        await releaseDatabase(database)
      },
      () => (this.#closing = undefined),
    )
    return this.#closing
  }

  /** Runs `operation`; `close` waits for it. @throws ERR_CLOSED not open. */
  async run<T>(operation: (database: LevelDatabase) => MaybePromise<T>): Promise<T> {
    const database = this.#requireOpen()
    this.#running++
    try {
      return await database.gate.use(() => operation(database))
    } catch (error) {
      throw toPlatformError(error, this.#settings.dir)
    } finally {
      if (--this.#running === 0) this.#whenIdle?.()
    }
  }

  /** The same for what may be done at once. Throws what goes wrong at once. */
  runNow<T>(operation: (database: LevelDatabase) => MaybePromise<T>): MaybePromise<T> {
    const database = this.#requireOpen()
    if (!database.gate.isOpen) return this.run(operation)
    let outcome: MaybePromise<T>
    try {
      outcome = operation(database)
    } catch (error) {
      throw toPlatformError(error, this.#settings.dir)
    }
    return isPromise(outcome) ? this.run(() => outcome) : outcome
  }

  #requireOpen(): LevelDatabase {
    if (this.#database) return this.#database
    throw new PlatformError('ERR_CLOSED', `the store in ${this.#settings.dir} is not open`)
  }

  /** Opening and closing run one after the other, in the order they were asked for. */
  #after(step: () => Promise<void>, done: () => void): Promise<void> {
    const current = this.#transition.then(step)
    this.#transition = current.then(ignore, ignore)
    const forget = (): void => {
      if (this.#opening === current || this.#closing === current) done()
    }
    void current.then(forget, forget)
    return current
  }
}
