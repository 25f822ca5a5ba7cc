import { LRUCache } from 'lru-cache'
import type { MaybePromise } from '../../lifecycle.ts'
import type { StoredDocument } from '../../store/document-store.ts'
import type { EntityStore } from '../../store/entity-store.ts'
import type { Clock } from '../../time/clock.ts'
import { Entity } from './entity.ts'
import { stringifyJson } from '../../model/json-number.ts'

export interface EntityCacheOptions {
  /** Default 10 000. */
  readonly maxEntries?: number
  /** Bound of all documents together as compact JSON, characters. Default 128 Mi. */
  readonly maxSize?: number
  /** How long an entry may be used, however often it is, ms. Default 5 min. */
  readonly maxAgeMs?: number
}

interface Entry {
  readonly entity: Entity
  readonly expiresMs: number
}

interface Read {
  result?: Promise<Entity | undefined>
}

/**
 * Entities by document id, read through. What is not there is not remembered, so that an entity made by another
 * controller is seen at once; a change made by another is seen after `invalidate`, at the latest after `maxAgeMs`.
 */
export class EntityCache {
  readonly #store: EntityStore
  readonly #clock: Clock
  readonly #maxAgeMs: number
  readonly #entries: LRUCache<string, Entry>
  /** Reads under way whose result is still wanted in the cache. */
  readonly #reads = new Map<string, Read>()

  constructor(store: EntityStore, clock: Clock, options: EntityCacheOptions = {}) {
    const { maxEntries = 10_000, maxSize = 128 * 1024 ** 2, maxAgeMs = 300_000 } = options
    this.#store = store
    this.#clock = clock
    this.#maxAgeMs = maxAgeMs
    this.#entries = new LRUCache({ max: maxEntries, maxSize })
  }

  /**
   * Concurrent readers of an id share one read of the store.
   * @throws what the store throws.
   */
  get(id: string): MaybePromise<Entity | undefined> {
    const entry = this.#entries.get(id)
    if (entry && entry.expiresMs > this.#clock.monotonic()) return entry.entity
    return this.#reads.get(id)?.result ?? this.#read(id)
  }

  /** Reads the store whatever is cached, for whoever is going to write. */
  async fresh(id: string): Promise<Entity | undefined> {
    this.invalidate(id)
    return this.#read(id)
  }

  /** Forgets an entity that was written or deleted; a read that is under way will not be kept either. */
  invalidate(id: string): void {
    this.#entries.delete(id)
    this.#reads.delete(id)
  }

  #read(id: string): Promise<Entity | undefined> {
    const read: Read = {}
    this.#reads.set(id, read)
    read.result = this.#load(id, read)
    return read.result
  }

  async #load(id: string, read: Read): Promise<Entity | undefined> {
    try {
      const stored = await this.#store.get(id)
      if (stored === undefined) return undefined
      const entity = new Entity(stored)
      if (this.#reads.get(id) === read) this.#keep(id, entity, stored)
      return entity
    } finally {
      if (this.#reads.get(id) === read) this.#reads.delete(id)
    }
  }

  #keep(id: string, entity: Entity, { document }: StoredDocument): void {
    const expiresMs = this.#clock.monotonic() + this.#maxAgeMs
    this.#entries.set(id, { entity, expiresMs }, { size: stringifyJson(document).length })
  }
}
