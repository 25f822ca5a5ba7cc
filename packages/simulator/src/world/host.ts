import { sleepOn, type Clock, type Timer } from '@stemcell/core'

/** How a member's own clock differs from the time of the world. */
export interface Drift {
  /** Its seconds in a second of the world. */
  readonly rate: number
  /** What its wall clock shows besides, ms. */
  readonly offsetMs: number
}

/** How far the wall clock of a machine was set forward (or back), ms. All processes of the machine see it. */
export interface WallClock {
  jumpedMs: number
}

/**
 * A process, as the simulated world sees it. Whatever comes to the process from outside (a timer, a message, an answer, a
 * request) comes through `enter`: a frozen process gets it later and in order, a dead one never. As nothing else wakes it,
 * a dead process does nothing more, although its objects are still there. Its clock is its own, and may drift; its wall clock
 * may jump, but its monotonic one and its timers do not.
 */
export class Host implements Clock {
  readonly name: string
  readonly #world: Clock
  readonly #bornMs: number
  readonly #drift: Drift
  readonly #wall: WallClock
  readonly #backlog: (() => void)[] = []
  #state: 'running' | 'frozen' | 'thawing' | 'dead' = 'running'
  #timers = 0
  #entered = 0
  #thawedMs = -Infinity
  #frozenMs = 0
  #stoodStillMs = 0

  constructor(name: string, world: Clock, drift: Drift = { rate: 1, offsetMs: 0 }, wall: WallClock = { jumpedMs: 0 }) {
    this.#wall = wall
    this.name = name
    this.#world = world
    this.#bornMs = world.monotonic()
    this.#drift = drift
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  /** Timers set so far: how a simulation sees that something has begun. */
  get timersSet(): number {
    return this.#timers
  }

  /** How often something came in: while it stays the same, nothing of the process has changed. */
  get entered(): number {
    return this.#entered
  }

  /** When it last went on after it had stood still, by the monotonic time of the world, ms. */
  get thawedMs(): number {
    return this.#thawedMs
  }

  /** How long it stood still before that, ms. */
  get stoodStillMs(): number {
    return this.#stoodStillMs
  }

  /** Lets something in. */
  enter(event: () => void): void {
    if (this.#state === 'running') {
      this.#entered++
      event()
    } else if (this.#state !== 'dead') this.#backlog.push(event)
  }

  freeze(): void {
    if (this.#state === 'dead') return
    if (this.#state !== 'frozen') this.#frozenMs = this.#world.monotonic()
    this.#state = 'frozen'
  }

  /** Goes on; what has come meanwhile comes in now, one after the other. */
  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'thawing'
    this.#letIn()
  }

  kill(): void {
    this.#state = 'dead'
    this.#backlog.length = 0
  }

  now(): number {
    const { offsetMs, rate } = this.#drift
    return Math.floor(this.#world.now() + offsetMs + this.#wall.jumpedMs + this.#aliveMs * (rate - 1))
  }

  monotonic(): number {
    return this.#aliveMs * this.#drift.rate
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    this.#timers++
    let cancelled = false
    const timer = this.#world.setTimer(Math.ceil(Math.max(0, delayMs) / this.#drift.rate), () =>
      this.enter(() => {
        if (!cancelled) callback()
      }),
    )
    return {
      cancel: () => {
        cancelled = true
        timer.cancel()
      },
    }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal)
  }

  get #aliveMs(): number {
    return this.#world.monotonic() - this.#bornMs
  }

  #letIn(): void {
    this.#world.setTimer(0, () => {
      if (this.#state !== 'thawing') return
      const event = this.#backlog.shift()
      if (event) {
        this.#entered++
        event()
        this.#letIn()
      } else {
        this.#state = 'running'
        this.#thawedMs = this.#world.monotonic()
        this.#stoodStillMs = this.#thawedMs - this.#frozenMs
      }
    })
  }
}
