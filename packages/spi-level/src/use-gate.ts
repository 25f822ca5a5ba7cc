import { isPromise, type MaybePromise } from '@stemcell/core'

/** Counts who uses something, and keeps everybody out while it is changed. */
export class UseGate {
  #users = 0
  #whenUnused: (() => void) | undefined
  #shut: Promise<unknown> | undefined
  /** Why it stays shut. */
  #failure: { readonly error: unknown } | undefined

  /** May be used at once. */
  get isOpen(): boolean {
    return this.#shut === undefined && this.#failure === undefined
  }

  /** Rejects with the error of the change while that is why it cannot be used. */
  async use<T>(operation: () => MaybePromise<T>): Promise<T> {
    while (this.#shut) await this.#shut
    if (this.#failure) throw this.#failure.error
    this.#users++
    try {
      const outcome = operation()
      return isPromise(outcome) ? await outcome : outcome
    } finally {
      if (--this.#users === 0) this.#whenUnused?.()
    }
  }

  /** Waits until nobody uses it, then changes it; after a change that failed nobody gets in until one did not. */
  async whileShut(change: () => Promise<void>): Promise<void> {
    const changed = this.#unused().then(change)
    this.#shut = changed.then(
      () => (this.#failure = undefined),
      (error: unknown) => (this.#failure = { error }),
    )
    try {
      await this.#shut
      await changed
    } finally {
      this.#shut = undefined
    }
  }

  async #unused(): Promise<void> {
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#whenUnused = resolve))
    this.#whenUnused = undefined
  }
}
