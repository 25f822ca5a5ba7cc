/** What is due, soonest first, each under a name; setting a name again moves it. */
export class DueHeap {
  readonly #heap: Entry[] = []
  readonly #byName = new Map<string, Entry>()

  get size(): number {
    return this.#heap.length
  }

  /** When the soonest is due. */
  get firstMs(): number | undefined {
    return this.#heap[0]?.dueMs
  }

  set(name: string, dueMs: number): void {
    const known = this.#byName.get(name)
    if (known) {
      known.dueMs = dueMs
      this.#down(this.#up(known.index))
      return
    }
    const entry = { name, dueMs, index: this.#heap.length }
    this.#heap.push(entry)
    this.#byName.set(name, entry)
    this.#up(entry.index)
  }

  delete(name: string): void {
    const entry = this.#byName.get(name)
    if (!entry) return
    this.#byName.delete(name)
    const last = this.#heap.pop()!
    if (last === entry) return
    this.#place(last, entry.index)
    this.#down(this.#up(last.index))
  }

  /** Takes out what is due at `nowMs`, if anything is. */
  take(nowMs: number): string | undefined {
    const first = this.#heap[0]
    if (!first || first.dueMs > nowMs) return undefined
    this.delete(first.name)
    return first.name
  }

  clear(): void {
    this.#heap.length = 0
    this.#byName.clear()
  }

  #up(index: number): number {
    const entry = this.#heap[index]!
    let at = index
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#heap[parent]!.dueMs <= entry.dueMs) break
      this.#place(this.#heap[parent]!, at)
      at = parent
    }
    this.#place(entry, at)
    return at
  }

  #down(index: number): void {
    const entry = this.#heap[index]!
    let at = index
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#heap.length) break
      if (child + 1 < this.#heap.length && this.#heap[child + 1]!.dueMs < this.#heap[child]!.dueMs) child++
      if (this.#heap[child]!.dueMs >= entry.dueMs) break
      this.#place(this.#heap[child]!, at)
      at = child
    }
    this.#place(entry, at)
  }

  #place(entry: Entry, index: number): void {
    this.#heap[index] = entry
    entry.index = index
  }
}

interface Entry {
  readonly name: string
  dueMs: number
  index: number
}
