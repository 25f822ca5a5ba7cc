/** A binary heap; `before` says which of two values comes first. */
export class MinHeap<T> {
  readonly #before: (a: T, b: T) => boolean
  readonly #items: T[] = []

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  push(value: T): void {
    const items = this.#items
    let index = items.push(value) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#before(value, items[parent]!)) break
      items[index] = items[parent]!
      index = parent
    }
    items[index] = value
  }

  pop(): T | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.#before(items[child + 1]!, items[child]!)) child++
      if (!this.#before(items[child]!, last)) break
      items[index] = items[child]!
      index = child
    }
    items[index] = last
    return top
  }
}
