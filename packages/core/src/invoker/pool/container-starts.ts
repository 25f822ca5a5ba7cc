import type { Clock } from '../../time/clock.ts'
import type { ContainerProxy } from '../proxy/container-proxy.ts'

/** Assumed until it was measured, ms. */
const FIRST_START_MS = 100
/** Weight of the latest measurement in the moving average. */
const NEWEST = 0.2

/** Containers that are being made: not too many at once, and how long it takes. */
export class ContainerStarts {
  readonly #clock: Clock
  readonly #atOnce: number
  readonly #beganMs = new Map<ContainerProxy, number>()
  #typicalMs = FIRST_START_MS

  constructor(clock: Clock, atOnce: number) {
    this.#clock = clock
    this.#atOnce = atOnce
  }

  get size(): number {
    return this.#beganMs.size
  }

  /** How many more may begin. */
  get free(): number {
    return this.#atOnce - this.#beganMs.size
  }

  /** What a start takes these days, ms. */
  get typicalMs(): number {
    return this.#typicalMs
  }

  begin(proxy: ContainerProxy): void {
    this.#beganMs.set(proxy, this.#clock.monotonic())
  }

  /** The start has ended; returns how long it took, ms. */
  end(proxy: ContainerProxy, ok: boolean): number {
    const ms = this.#clock.monotonic() - this.#beganMs.get(proxy)!
    this.#beganMs.delete(proxy)
    if (ok) this.#typicalMs += NEWEST * (ms - this.#typicalMs)
    return ms
  }
}
