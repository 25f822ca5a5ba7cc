import type { MaybePromise } from '@stemcell/core'

class Generation {
  #readers = 0
  #whenLeft: (() => void) | undefined

  enter(): void {
    this.#readers++
  }

  leave(): void {
    if (--this.#readers === 0) this.#whenLeft?.()
  }

  async left(): Promise<void> {
    if (this.#readers > 0) await new Promise<void>((resolve) => (this.#whenLeft = resolve))
  }
}

/** Tells when everybody has left who may still look for what is to be removed. */
export class ReadGenerations {
  #current = new Generation()
  #before: Promise<unknown> = Promise.resolve()

  async read<T>(read: () => MaybePromise<T>): Promise<T> {
    const generation = this.#current
    generation.enter()
    try {
      return await read()
    } finally {
      generation.leave()
    }
  }

  /** Resolves when all reads have ended that have begun by now. */
  async left(): Promise<void> {
    const generation = this.#current
    this.#current = new Generation()
    this.#before = Promise.all([this.#before, generation.left()])
    await this.#before
  }
}
