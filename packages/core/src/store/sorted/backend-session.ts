import { isPlatformError, PlatformError } from '../../errors.ts'
import type { Lifecycle, MaybePromise } from '../../lifecycle.ts'
import type { KeyRange, SortedBackend, SortedBatch, SortedEntry, SortedRange, SortedValue } from './sorted-backend.ts'

const ignore = (): void => undefined

/** A range as the stores ask for one: all of it, from the first, where nothing else is said. */
export type Range = KeyRange & Partial<SortedRange>

/** A store's use of its backend: opens and closes it, counts what runs, and translates what goes wrong. */
export class BackendSession implements Lifecycle {
  readonly #backend: SortedBackend
  #open = false
  #running = 0
  #whenIdle: (() => void) | undefined
  #transition: Promise<void> = Promise.resolve()

  constructor(backend: SortedBackend) {
    this.#backend = backend
  }

  open(): Promise<void> {
    return this.#after(async () => {
      if (this.#open) return
      await this.#asked(() => this.#backend.open())
      this.#open = true
    })
  }

  close(): Promise<void> {
    return this.#after(async () => {
      if (!this.#open) return
      this.#open = false
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
      await this.#asked(() => this.#backend.close())
    })
  }

  /** Runs `operation`; `close` waits for it. @throws ERR_CLOSED not open. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (!this.#open) throw new PlatformError('ERR_CLOSED', 'the store is not open')
    this.#running++
    try {
      return await operation()
    } finally {
      if (--this.#running === 0) this.#whenIdle?.()
    }
  }

  get(key: string): Promise<SortedValue | undefined> {
    return this.#asked(() => this.#backend.get(key))
  }

  range({
    reverse = false,
    skip = 0,
    limit = Number.MAX_SAFE_INTEGER,
    gte,
    lt,
  }: Range): Promise<readonly SortedEntry[]> {
    return this.#asked(() => this.#backend.range({ gte, lt, reverse, skip, limit }))
  }

  count(range: KeyRange): Promise<number> {
    return this.#asked(() => this.#backend.count(range))
  }

  batch(batch: SortedBatch): Promise<boolean> {
    return this.#asked(() => this.#backend.batch(batch))
  }

  async #asked<T>(ask: () => MaybePromise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (isPlatformError(error)) throw error
      throw new PlatformError('ERR_UNAVAILABLE', 'the backend of the store failed', { cause: error })
    }
  }

  /** Opening and closing run one after the other, in the order they were asked for. */
  #after(step: () => Promise<void>): Promise<void> {
    const current = this.#transition.then(step)
    this.#transition = current.then(ignore, ignore)
    return current
  }
}
