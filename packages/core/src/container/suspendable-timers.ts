import type { Clock, Timer } from '../time/clock.ts'

type Callback = (...args: unknown[]) => unknown

/** What `setTimeout` returns to an action: it behaves as Node's own where actions look. */
class ActionTimer {
  readonly cancel: () => void
  constructor(cancel: () => void) {
    this.cancel = cancel
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  hasRef(): boolean {
    return false
  }
}

/**
 * `setTimeout` and its relatives for code inside an in-process container: they run on the injected clock, stand still
 * while it is suspended, and end with it.
 */
export class SuspendableTimers {
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #live = new Set<ActionTimer>()
  #held: (() => void)[] | undefined

  /** `onError` gets what a callback throws. */
  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  /** The functions as an action sees them. */
  readonly globals = {
    setTimeout: (callback: Callback, delayMs = 0, ...args: unknown[]): ActionTimer =>
      this.#start(delayMs, false, () => callback(...args)),
    setInterval: (callback: Callback, delayMs = 0, ...args: unknown[]): ActionTimer =>
      this.#start(Math.max(1, delayMs), true, () => callback(...args)),
    setImmediate: (callback: Callback, ...args: unknown[]): ActionTimer =>
      this.#start(0, false, () => callback(...args)),
    clearTimeout: (timer: unknown): void => this.#clear(timer),
    clearInterval: (timer: unknown): void => this.#clear(timer),
    clearImmediate: (timer: unknown): void => this.#clear(timer),
  }

  suspend(): void {
    this.#held ??= []
  }

  resume(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const fire of held) fire()
  }

  stop(): void {
    for (const timer of this.#live) timer.cancel()
    this.#live.clear()
    this.#held = undefined
  }

  #start(delayMs: number, repeats: boolean, callback: () => unknown): ActionTimer {
    let pending: Timer
    const fire = (): void => {
      if (!this.#live.has(timer)) return
      if (this.#held) {
        this.#held.push(fire)
        return
      }
      if (repeats) pending = this.#clock.setTimer(delayMs, fire)
      else this.#live.delete(timer)
      try {
        const result = callback()
        if (result instanceof Promise) result.catch(this.#onError)
      } catch (error) {
        this.#onError(error)
      }
    }
    pending = this.#clock.setTimer(delayMs, fire)
    const timer = new ActionTimer(() => pending.cancel())
    this.#live.add(timer)
    return timer
  }

  #clear(timer: unknown): void {
    if (!(timer instanceof ActionTimer)) return
    timer.cancel()
    this.#live.delete(timer)
  }
}
