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
    let isFirst = true
    await settle()
    const isAtEnd = await inTurns(() => {
      if (isFirst) isFirst = false
      else check()
      if (isOver()) return { end: true }
      if (this.#holds > 0) {
        isFirst = true
        return 'held'
      }
      const dueMs = clock.nextDueMs
      if (dueMs === undefined || dueMs > originMs + untilMs) return { end: false }
      clock.step()
      this.#events++
      return 'stepped'
    })
    if (!isAtEnd) await clock.advance(Math.max(0, untilMs - clock.monotonic()))
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

/** So many turns before the process looks at its sockets, which nobody waits for here. */
const TURNS = 64

type Turn = 'stepped' | 'held' | { readonly end: boolean }

/**
 * Calls `take` again and again; all that follows from one turn is done before the next one, as by {@link settle} between
 * them. Several are waited for at once, as each round of the event loop costs a call of the operating system. What
 * members set with `setImmediate` meanwhile has its turn first.
 */
function inTurns(take: () => Turn): Promise<boolean> {
  const native = globalThis.setImmediate
  return new Promise<boolean>((resolve, reject) => {
    let isOver = false
    let isOthersTurn = false
    const end = (settle: () => void): void => {
      isOver = true
      globalThis.setImmediate = native
      settle()
    }
    const turn = (): void => {
      if (isOver || isOthersTurn) return
      try {
        const taken = take()
        if (taken === 'held') isOthersTurn = true
        else if (taken !== 'stepped') end(() => resolve(taken.end))
      } catch (error) {
        end(() => reject(error as Error))
      }
    }
    const round = (): void => {
      isOthersTurn = false
      for (let left = TURNS; left > 0; left--) native(turn)
      native(() => {
        if (!isOver) round()
      })
    }
    globalThis.setImmediate = new Proxy(native, {
      apply: (set, self, args) => {
        isOthersTurn = true
        return Reflect.apply(set, self, args) as unknown
      },
    })
    round()
  })
}
