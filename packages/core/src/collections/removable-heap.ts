/** What a {@link RemovableHeap} holds; the heap alone sets it. */
export interface HeapItem {
  /** Position in the heap; -1 while it is in none. */
  heapAt: number
}

/** A binary heap out of whose middle items can be taken; `before` says which of two comes first. */
export class RemovableHeap<T extends HeapItem> {
  readonly #before: (a: T, b: T) => boolean
  readonly #items: T[] = []

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  add(item: T): void {
    this.#items.push(item)
    this.#rise(item, this.#items.length - 1)
  }

  /** Nothing happens when it is not in the heap. */
  remove(item: T): void {
    const at = item.heapAt
    if (at < 0) return
    item.heapAt = -1
    const last = this.#items.pop()!
    if (last === item) return
    if (at > 0 && this.#before(last, this.#items[(at - 1) >> 1]!)) this.#rise(last, at)
    else this.#sink(last, at)
  }

  /** In order; to take the first few costs little. The heap must not change meanwhile. */
  *inOrder(): Generator<T, void, undefined> {
    const items = this.#items
    if (items.length === 0) return
    // Children of what was yielded: the next is always among them.
    const open = [0]
    while (open.length > 0) {
      let least = 0
      for (let at = 1; at < open.length; at++) if (this.#before(items[open[at]!]!, items[open[least]!]!)) least = at
      const at = open[least]!
      open[least] = open.at(-1)!
      open.pop()
      yield items[at]!
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < items.length) open.push(child)
    }
  }

  #rise(item: T, from: number): void {
    const items = this.#items
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(item, items[parent]!)) break
      this.#put(items[parent]!, at)
      at = parent
    }
    this.#put(item, at)
  }

  #sink(item: T, from: number): void {
    const items = this.#items
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.#before(items[child + 1]!, items[child]!)) child++
      if (!this.#before(items[child]!, item)) break
      this.#put(items[child]!, at)
      at = child
    }
    this.#put(item, at)
  }

  #put(item: T, at: number): void {
    this.#items[at] = item
    item.heapAt = at
  }
}
