import type { Clock, Logger, MaybePromise } from '@stemcell/core'
import { LRUCache } from 'lru-cache'
import type { Api, ApiEntry, ApiStore } from '../apis/api-store.ts'
import { RouteTable } from './route-table.ts'
import { servedApi, type ServedApi } from './served-api.ts'

const MAX_NAMESPACES = 10_000
/** What is known is not asked again for so long, ms. */
const FRESH_MS = 400
/** What is older is not used without asking: so a change is seen within a second, whoever made it. */
const STALE_MS = 900
const ATTEMPTS = 5

interface Known {
  readonly table: RouteTable
  readonly apis: ReadonlyMap<string, ServedApi>
  /** Of the list in the store. */
  readonly revision: string | undefined
  /** Monotonic ms, before the list was read. */
  checkedMs: number
}

/**
 * The routes of namespaces whose APIs are being called. The list of a namespace, one small document, is read at most
 * once in 400 ms and only while it is called: nothing is done for APIs that nobody uses, no message has to arrive, and
 * what changed in the store by whatever means is seen.
 */
export class RouteMemory {
  readonly #store: ApiStore
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #known = new LRUCache<string, Known>({ maxSize: MAX_NAMESPACES, sizeCalculation: () => 1 })
  readonly #reading = new Map<string, Promise<RouteTable>>()
  /** Counts changes made here, which what is being read may not have. */
  #changes = 0

  constructor(store: ApiStore, clock: Clock, logger: Logger) {
    this.#store = store
    this.#clock = clock
    this.#logger = logger
    store.onChange = (namespace) => this.#changed(namespace)
  }

  /** @throws ERR_UNAVAILABLE, ERR_CORRUPT nothing is known of the namespace, and it cannot be read. */
  routesOf(namespace: string): MaybePromise<RouteTable> {
    const known = this.#known.get(namespace)
    const ageMs = known ? this.#clock.monotonic() - known.checkedMs : Infinity
    if (known && ageMs < FRESH_MS) return known.table
    const reading = this.#read(namespace)
    if (!known || ageMs >= STALE_MS) return reading
    // Whoever comes later waits for it, or is told why it failed.
    reading.catch(() => undefined)
    return known.table
  }

  #changed(namespace: string): void {
    this.#changes++
    const known = this.#known.get(namespace)
    if (known) known.checkedMs = -Infinity
    this.#reading.delete(namespace)
  }

  #read(namespace: string): Promise<RouteTable> {
    const running = this.#reading.get(namespace)
    if (running) return running
    const reading = this.#readOnce(namespace).finally(() => {
      if (this.#reading.get(namespace) === reading) this.#reading.delete(namespace)
    })
    this.#reading.set(namespace, reading)
    return reading
  }

  async #readOnce(namespace: string): Promise<RouteTable> {
    const known = this.#known.get(namespace)
    const changes = this.#changes
    const checkedMs = this.#clock.monotonic()
    try {
      const read = await this.#fresh(namespace, known)
      const isCurrent = changes === this.#changes
      this.#known.set(namespace, { ...read, checkedMs: isCurrent ? checkedMs : -Infinity })
      return read.table
    } catch (err) {
      if (!known) throw err
      this.#logger.warn({ err, namespace }, 'APIs cannot be read, those that are known are served')
      known.checkedMs = checkedMs
      return known.table
    }
  }

  async #fresh(namespace: string, known: Known | undefined): Promise<Omit<Known, 'checkedMs'>> {
    for (let attempt = 1; ; attempt++) {
      const { entries, revision } = await this.#store.list(namespace)
      if (known && known.revision === revision) return known
      const apis = await Promise.all(entries.map((entry) => this.#load(entry, known)))
      const loaded = apis.filter((api) => api !== undefined)
      // What is missing was replaced since the list was read; if not even the next list helps, it is lost.
      if (loaded.length < entries.length && attempt < ATTEMPTS) continue
      if (loaded.length < entries.length) this.#logger.error({ namespace }, 'APIs are listed but cannot be found')
      return { table: new RouteTable(loaded.map(([, api]) => api)), apis: new Map(loaded), revision }
    }
  }

  async #load(entry: ApiEntry, known: Known | undefined): Promise<[key: string, api: ServedApi] | undefined> {
    const key = `${entry.document} ${entry.subscriptions ?? ''}`
    const same = known?.apis.get(key)
    if (same) return [key, same]
    const api: Api | undefined = await this.#store.load(entry)
    return api && [key, servedApi(api)]
  }
}
