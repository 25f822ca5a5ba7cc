/** Runs tasks of the same key one after the other, in the order of their arrival. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>()

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    let leave = (): void => undefined
    const tail = new Promise<void>((resolve) => (leave = resolve))
    this.#tails.set(key, tail)
    await before
    try {
      return await task()
    } finally {
      leave()
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
  }
}
