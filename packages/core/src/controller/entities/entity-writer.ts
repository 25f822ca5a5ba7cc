import type { JsonObject } from '../../model/json.ts'
import type { PutOptions } from '../../store/document-store.ts'
import type { EntityStore } from '../../store/entity-store.ts'
import type { EntityCache } from './entity-cache.ts'

/** Tells whoever else caches entities that the one with this id has changed. */
export type AnnounceWrite = (id: string) => void

/** Told of every write once the store has it, before its caller is; undefined when the entity is gone. */
export type AfterWrite = (id: string, document: JsonObject | undefined) => Promise<void>

/** Writes entities. Whatever comes of a write, nobody goes on with the entity as it was before. */
export class EntityWriter {
  readonly #store: EntityStore
  readonly #cache: EntityCache
  readonly #announce: AnnounceWrite
  readonly #after: AfterWrite | undefined

  constructor(store: EntityStore, cache: EntityCache, announce: AnnounceWrite, after?: AfterWrite) {
    this.#store = store
    this.#cache = cache
    this.#announce = announce
    this.#after = after
  }

  /** Answers with the new revision. @throws what the store throws */
  async put(id: string, document: JsonObject, options: PutOptions): Promise<string> {
    let written
    try {
      written = await this.#store.put(id, document, options)
    } finally {
      this.#changed(id)
    }
    await this.#after?.(id, document)
    return written.revision
  }

  /** @throws what the store throws */
  async delete(id: string, revision: string): Promise<void> {
    try {
      await this.#store.delete(id, revision)
    } finally {
      this.#changed(id)
    }
    await this.#after?.(id, undefined)
  }

  #changed(id: string): void {
    this.#cache.invalidate(id)
    this.#announce(id)
  }
}
