import { setImmediate } from 'node:timers/promises'
import type { JsonObject } from '../../../src/model/json.ts'
import type { PutOptions, PutResult, StoredDocument } from '../../../src/store/document-store.ts'
import { ENTITY_INDEXES } from '../../../src/store/entity-store.ts'
import { MemoryDocumentStore } from '../../../src/store/memory-document-store.ts'
import { SeededRandom } from '../../../src/time/seeded-random.ts'

/** A store whose reads and writes take a different time each, so that requests overtake each other. */
export class YieldingStore extends MemoryDocumentStore {
  readonly #random: SeededRandom
  conflicts = 0

  constructor(seed: number) {
    super(ENTITY_INDEXES)
    this.#random = new SeededRandom(seed)
  }

  override async get(id: string): Promise<StoredDocument | undefined> {
    await this.#yield()
    const stored = await super.get(id)
    await this.#yield()
    return stored
  }

  override async put(id: string, document: JsonObject, options?: PutOptions): Promise<PutResult> {
    await this.#yield()
    return this.#counted(super.put(id, document, options))
  }

  override async delete(id: string, revision: string): Promise<void> {
    await this.#yield()
    return this.#counted(super.delete(id, revision))
  }

  async #counted<T>(write: Promise<T>): Promise<T> {
    try {
      return await write
    } catch (error) {
      this.conflicts++
      throw error
    }
  }

  async #yield(): Promise<void> {
    for (let turns = this.#random.below(6); turns > 0; turns--) await setImmediate()
  }
}
