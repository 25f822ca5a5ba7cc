const SMALLEST = 16

/** A first-in-first-out list on a ring of slots: both ends in constant time, however long it grows. */
export class Fifo<T> {
  #slots: (T | undefined)[] = emptySlots(SMALLEST)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#resize(this.#slots.length * 2)
    // The number of slots is a power of two, so that the mask replaces a division.
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item
    this.#length++
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#length--
    // A backlog that was worked off gives its memory back.
    if (this.#length === 0 && this.#slots.length > 1024) this.#resize(SMALLEST)
    return item
  }

  #resize(size: number): void {
    const slots: (T | undefined)[] = emptySlots(size)
    for (let index = 0; index < this.#length; index++) {
      slots[index] = this.#slots[(this.#head + index) & (this.#slots.length - 1)]
    }
    this.#slots = slots
    this.#head = 0
  }
}

function emptySlots(size: number): undefined[] {
  return Array.from<undefined>({ length: size })
}
