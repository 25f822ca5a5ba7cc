import { VirtualClock } from '@stemcell/core'
import { Journal } from './journal.ts'

/** The time of a simulation, moved event by event. */
export class World {
  readonly clock: VirtualClock = new VirtualClock()
  readonly journal: Journal = new Journal(() => this.clock.monotonic())
  #events = 0
  #holds = 0

  /** Events so far: timers that fired, of which everything else follows. */
  get events(): number {
    return this.#events
  }

  /** Time stands still until what is returned is called: for what takes time that is not of this world. */
  hold(): () => void {
    this.#holds++
    return () => void this.#holds--
  }

  /** Moves to `untilMs` of the monotonic clock, or until `isOver`; `check` is called after each event. */
  async run(untilMs: number, check: () => void, isOver: () => boolean = () => false): Promise<void> {
    const { clock } = this
    const originMs = clock.now() - clock.monotonic()
    await settle()
    while (!isOver()) {
      while (this.#holds > 0) await settle()
      const dueMs = clock.nextDueMs
      if (dueMs === undefined || dueMs > originMs + untilMs) {
        await clock.advance(Math.max(0, untilMs - clock.monotonic()))
        return
      }
      clock.step()
      this.#events++
      await settle()
      check()
    }
  }

  /** Moves time until the promise settles. */
  async until<T>(promise: Promise<T>, what: string, limitMs = 600_000): Promise<T> {
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    await this.run(
      this.clock.monotonic() + limitMs,
      () => undefined,
      () => settled,
    )
    if (!settled) throw new Error(`${what}: nothing came of it within ${limitMs} ms`)
    return promise
  }
}

/** Lets all that follows from an event happen: everything but timers is done when this resolves. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
