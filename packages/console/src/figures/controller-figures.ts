import type { Clock, ControllerObserver } from '@stemcell/core'
import type { ControllerPoint } from './points.ts'
import { Recent } from './recent.ts'

/** Reasons beyond so many are counted together. */
const MAX_REASONS = 12
const OTHER = 'other'

interface OpenPoint {
  requests: number
  failures: number
  readonly refused: Map<string, number>
}

/** What a controller did in the last hour. */
export class ControllerFigures {
  readonly observer: ControllerObserver
  readonly #clock: Clock
  readonly #recent: Recent<OpenPoint, ControllerPoint>
  #inFlight = 0
  #waiting = 0
  #now: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#now = clock.now()
    this.#recent = new Recent(
      () => ({ requests: 0, failures: 0, refused: new Map() }),
      ({ requests, failures, refused }, at) => ({
        at,
        requests,
        failures,
        refused: Object.fromEntries(refused),
        inFlight: this.#inFlight,
        waiting: this.#waiting,
      }),
    )
    this.observer = {
      answered: ({ status }) => {
        const open = this.#recent.at(this.#now)
        open.requests++
        if (status >= 500) open.failures++
        else if (status === 429) count(open.refused, 'limit of the namespace')
      },
      refused: ({ reason }) => count(this.#recent.at(this.#now).refused, reason),
      gauges: ({ inFlight, waiting }) => {
        this.#now = this.#clock.now()
        this.#recent.at(this.#now)
        this.#inFlight = inFlight
        this.#waiting = waiting
      },
    }
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get waiting(): number {
    return this.#waiting
  }

  points(): readonly ControllerPoint[] {
    this.#now = this.#clock.now()
    return this.#recent.points(this.#now)
  }
}

function count(refused: Map<string, number>, reason: string): void {
  const key = refused.has(reason) || refused.size < MAX_REASONS ? reason : OTHER
  refused.set(key, (refused.get(key) ?? 0) + 1)
}
