import type { Adapter, Demand, IdleContainer, KeepAlive, PoolPolicy, StemCellPlan } from '@stemcell/core'

export interface MyPoolPolicyOptions {
  /** How long a container of 256 MB is kept; larger ones in proportion shorter, ms. */
  readonly keepMs: number
}

/** Keeps small containers longer than large ones. Called on the way of requests: no I/O, constant time. */
export class MyPoolPolicy implements PoolPolicy {
  readonly #keepMs: number

  constructor({ keepMs }: MyPoolPolicyOptions) {
    this.#keepMs = keepMs
  }

  keepAlive({ memoryMb }: IdleContainer): KeepAlive {
    return { suspendAfterMs: 10_000, destroyAfterMs: Math.round((this.#keepMs * 256) / memoryMb) }
  }

  /** The largest of those that are idle the longest. */
  victim(idle: Iterable<IdleContainer>): IdleContainer | undefined {
    let found: IdleContainer | undefined
    let looked = 0
    for (const container of idle) {
      if (!found || container.memoryMb > found.memoryMb) found = container
      if (++looked === 8) break
    }
    return found
  }

  /** Waiting is right while the turn comes before a new container would be there. */
  reuseWait({ runMs, ahead, slots, startMs }: Demand): number {
    return (runMs * (ahead + 1)) / slots < startMs ? startMs : 0
  }

  stemCells({ initialCount, reactive }: StemCellPlan, coldStarts: number): number {
    if (!reactive) return initialCount
    return Math.min(reactive.maxCount, Math.max(reactive.minCount, coldStarts))
  }
}

/** For `assemble({ poolPolicy: myPoolPolicy({ keepMs }) })`. */
export function myPoolPolicy(options: MyPoolPolicyOptions): Adapter<PoolPolicy> {
  return { name: '__NAME__', core: '^__VERSION__', build: () => new MyPoolPolicy(options) }
}
