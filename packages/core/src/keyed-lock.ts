const ignore = (): void => undefined

/** Runs tasks of one key one after the other, in the order they came; those of different keys do not wait. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>()

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    const running = before ? before.then(task) : task()
    const tail = running.then(ignore, ignore)
    this.#tails.set(key, tail)
    try {
      return await running
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
  }
}
