import { isPlatformError, PlatformError } from '../../errors.ts'
import type { Lifecycle, MaybePromise } from '../../lifecycle.ts'
import type {
  FoundValue,
  KeyRange,
  SortedBackend,
  SortedBatch,
  SortedEntry,
  SortedRange,
  SortedReads,
  SortedValue,
} from './sorted-backend.ts'

const ignore = (): void => undefined

/** A range as the stores ask for one: all of it, from the first, where nothing else is said. */
export type Range = KeyRange & Partial<SortedRange>

/** How a store reads its backend: translates what goes wrong. */
export class BackendReads {
  readonly #reads: SortedReads

  constructor(reads: SortedReads) {
    this.#reads = reads
  }

  get(key: string): Promise<SortedValue | undefined> {
    return asked(() => this.#reads.get(key))
  }

  /** In the order of the keys. What is damaged is an error in its place. */
  async getMany(keys: readonly string[]): Promise<readonly (FoundValue | undefined)[]> {
    if (keys.length === 0) return []
    if (this.#reads.getMany) return asked(() => this.#reads.getMany!(keys))
    return Promise.all(keys.map((key) => this.#found(key)))
  }

  range({
    reverse = false,
    skip = 0,
    limit = Number.MAX_SAFE_INTEGER,
    gte,
    lt,
  }: Range): Promise<readonly SortedEntry[]> {
    return asked(() => this.#reads.range({ gte, lt, reverse, skip, limit }))
  }

  count(range: KeyRange): Promise<number> {
    return asked(() => this.#reads.count(range))
  }

  async #found(key: string): Promise<FoundValue | undefined> {
    try {
      return await this.get(key)
    } catch (error) {
      if (isPlatformError(error, 'ERR_CORRUPT')) return error
      throw error
    }
  }
}

/** A store's use of its backend: opens and closes it, and counts what runs. */
export class BackendSession extends BackendReads implements Lifecycle {
  readonly #backend: SortedBackend
  #open = false
  #running = 0
  #whenIdle: (() => void) | undefined
  #transition: Promise<void> = Promise.resolve()

  constructor(backend: SortedBackend) {
    super(backend)
    this.#backend = backend
  }

  open(): Promise<void> {
    return this.#after(async () => {
      if (this.#open) return
      await asked(() => this.#backend.open())
      this.#open = true
    })
  }

  close(): Promise<void> {
    return this.#after(async () => {
      if (!this.#open) return
      this.#open = false
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
      await asked(() => this.#backend.close())
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

  /** Reads of one moment, where the backend can do that. */
  async view<T>(read: (reads: BackendReads) => Promise<T>): Promise<T> {
    const backend = this.#backend
    return backend.view ? asked(() => backend.view!((reads) => read(new BackendReads(reads)))) : read(this)
  }

  /** One ERR_CORRUPT for each part of the range in which keys may be missing. */
  damagedParts(range: KeyRange): Promise<readonly PlatformError[]> {
    return asked(() => this.#backend.damagedParts?.(range) ?? [])
  }

  batch(batch: SortedBatch): Promise<boolean> {
    return asked(() => this.#backend.batch(batch))
  }

  /** Opening and closing run one after the other, in the order they were asked for. */
  #after(step: () => Promise<void>): Promise<void> {
    const current = this.#transition.then(step)
    this.#transition = current.then(ignore, ignore)
    return current
  }
}

async function asked<T>(ask: () => MaybePromise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (isPlatformError(error)) throw error
    throw new PlatformError('ERR_UNAVAILABLE', 'the backend of the store failed', { cause: error })
  }
}
