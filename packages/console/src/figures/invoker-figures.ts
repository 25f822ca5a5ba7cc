import type { Clock, InvokerObserver, PoolGauges } from '@stemcell/core'
import { CpuShare } from './cpu-share.ts'
import { LATENCY_BOUNDS, latencyClass, sparse } from './latency.ts'
import { EMPTY_POOL, type InvokerPoint, type PoolFigures } from './points.ts'
import { Recent } from './recent.ts'

interface OpenPoint {
  readonly ended: [number, number, number, number]
  readonly acquired: { hot: number; resumed: number; stemcell: number; cold: number }
  readonly latency: Uint32Array<ArrayBuffer>
}

/** What an invoker did in the last hour: some numbers are counted up for each activation, and nothing else is done. */
export class InvokerFigures {
  readonly observer: InvokerObserver
  readonly #clock: Clock
  readonly #cpu = new CpuShare()
  readonly #recent: Recent<OpenPoint, InvokerPoint>
  #pool: PoolFigures = EMPTY_POOL
  /** Read once a second, so that nobody asks for the time for each activation. */
  #now: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#now = clock.now()
    this.#recent = new Recent<OpenPoint, InvokerPoint>(
      () => ({
        ended: [0, 0, 0, 0],
        acquired: { hot: 0, resumed: 0, stemcell: 0, cold: 0 },
        latency: new Uint32Array(LATENCY_BOUNDS.length),
      }),
      ({ ended, acquired, latency }, at) => ({
        at,
        ended: [...ended],
        acquired: { ...acquired },
        latency: sparse(latency),
        pool: this.#pool,
      }),
    )
    this.observer = {
      acquired: ({ acquisition: { how } }) => void this.#recent.at(this.#now).acquired[how]++,
      responded: ({ statusCode, stages: { queue, acquire, init = 0, run = 0 } }) => {
        const open = this.#recent.at(this.#now)
        open.ended[statusCode]++
        open.latency[latencyClass(queue + acquire + init + run)]!++
      },
      gauges: (gauges) => this.#tick(gauges),
    }
  }

  get pool(): PoolFigures {
    return this.#pool
  }

  points(): readonly InvokerPoint[] {
    this.#now = this.#clock.now()
    return this.#recent.points(this.#now)
  }

  #tick({ capacityMb, usedMb, waiting }: PoolGauges): void {
    this.#now = this.#clock.now()
    // Closes what is over before the pool is another.
    this.#recent.at(this.#now)
    this.#pool = { capacityMb, usedMb, waiting, cpu: this.#cpu.read() }
  }
}
