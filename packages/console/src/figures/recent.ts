import { KEPT_POINTS, POINT_MS } from './points.ts'

interface Timed {
  readonly at: number
}

/**
 * The points of the last hour. What happens is counted into the point that is open; one that is over is kept, if
 * anything happened in it.
 */
export class Recent<Open, Point extends Timed> {
  readonly #begin: () => Open
  readonly #close: (open: Open, at: number) => Point | undefined
  #open: Open
  #at = 0
  #points: Point[] = []

  constructor(begin: () => Open, close: (open: Open, at: number) => Point | undefined) {
    this.#begin = begin
    this.#close = close
    this.#open = begin()
  }

  /** The point that is open at this time. */
  at(now: number): Open {
    const at = now - (now % POINT_MS)
    if (at !== this.#at) {
      this.#keep()
      this.#at = at
      this.#open = this.#begin()
    }
    return this.#open
  }

  /** Those of the last hour, oldest first; the last one may still be open. */
  points(now: number): readonly Point[] {
    const open = this.#close(this.at(now), this.#at)
    const oldest = now - KEPT_POINTS * POINT_MS
    this.#points = this.#points.filter(({ at }) => at > oldest)
    return open ? [...this.#points, open] : [...this.#points]
  }

  #keep(): void {
    if (this.#at === 0) return
    const point = this.#close(this.#open, this.#at)
    if (!point) return
    this.#points.push(point)
    if (this.#points.length > KEPT_POINTS) this.#points.shift()
  }
}
