/** A place in a {@link LinkedList}. Made once per value and linked again and again, so that moving allocates nothing. */
export class Link<T> {
  readonly value: T
  /** The list that holds the link now. */
  list: LinkedList<T> | undefined
  previous: Link<T> | undefined
  next: Link<T> | undefined

  constructor(value: T) {
    this.value = value
  }

  /** Leaves the list; nothing happens when it is in none. */
  unlink(): void {
    this.list?.remove(this)
  }
}

/** A doubly linked list: every operation takes the same time, however long it is. */
export class LinkedList<T> {
  #first: Link<T> | undefined
  #last: Link<T> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): T | undefined {
    return this.#first?.value
  }

  /** The link must be in no list. */
  pushFront(link: Link<T>): void {
    link.list = this
    link.next = this.#first
    if (this.#first) this.#first.previous = link
    else this.#last = link
    this.#first = link
    this.#size++
  }

  /** The link must be in no list. */
  pushBack(link: Link<T>): void {
    link.list = this
    link.previous = this.#last
    if (this.#last) this.#last.next = link
    else this.#first = link
    this.#last = link
    this.#size++
  }

  /** The link must be in this list. */
  remove(link: Link<T>): void {
    if (link.previous) link.previous.next = link.next
    else this.#first = link.next
    if (link.next) link.next.previous = link.previous
    else this.#last = link.previous
    link.list = undefined
    link.previous = undefined
    link.next = undefined
    this.#size--
  }

  removeFirst(): void {
    this.#first?.unlink()
  }

  /** The first link whose value is accepted. */
  find(accepts: (value: T) => boolean): Link<T> | undefined {
    let link = this.#first
    while (link && !accepts(link.value)) link = link.next
    return link
  }

  /** From first to last. The value just yielded may be unlinked. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let link = this.#first; link;) {
      const { next } = link
      yield link.value
      link = next
    }
  }
}
