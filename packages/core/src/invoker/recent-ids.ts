import { TransientMap } from '../collections/transient-map.ts'

/** Remembers at least the last `count` ids, and at most twice as many. */
export class RecentIds {
  readonly #count: number
  #young = new TransientMap<string, true>()
  #old = new TransientMap<string, true>()

  constructor(count: number) {
    this.#count = count
  }

  add(id: string): void {
    this.#young.set(id, true)
    if (this.#young.size < this.#count) return
    const oldest = this.#old
    this.#old = this.#young
    // Its table has grown already, and is in memory that the collector need not copy.
    oldest.clear()
    this.#young = oldest
  }

  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id)
  }
}
