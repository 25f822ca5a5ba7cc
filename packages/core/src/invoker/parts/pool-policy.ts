import type { StemCellPlan } from '../../model/runtimes-manifest.ts'

/**
 * What may be learnt or tuned about a pool: how long containers are kept, which goes first, how many stem cells wait.
 * Called synchronously on the way of requests: no I/O, constant time.
 */
export interface PoolPolicy {
  /** For a container that has just become idle. */
  keepAlive(container: IdleContainer): KeepAlive

  /**
   * Which container makes room. `idle` yields the least recently used first, with `worth` the least worth first;
   * undefined when none may go.
   */
  victim(idle: Iterable<IdleContainer>): IdleContainer | undefined

  /**
   * How long a job waits for a busy container of its action before it gets one of its own, ms; 0: not at all.
   */
  reuseWait(demand: Demand): number

  /**
   * How many stem cells of a plan with `reactive` are to be ready, given how many containers of its kind and memory
   * had to be started cold since the last question, a minute ago.
   */
  stemCells(plan: StemCellPlan, coldStarts: number): number

  /** Told of each job that came, before it gets a container. */
  arrived?(arrival: Arrival): void

  /** Told that a container was made for an action, or a stem cell became one of it, and how long its job waited for that. */
  initialised?(start: ContainerStart): void

  /** How much the container is worth keeping when others need its room; asked once when it becomes idle. */
  worth?(container: IdleContainer): number

  /** Told of an idle container that goes to make room, before it goes. */
  evicted?(container: IdleContainer): void
}

/** A job that came. */
export interface Arrival {
  /** As of containers: equal for jobs of one action of one namespace. */
  readonly key: string
  readonly memoryMb: number
  /** Monotonic ms. */
  readonly nowMs: number
}

/** A container that can run jobs of an action from now on. */
export interface ContainerStart {
  readonly key: string
  readonly memoryMb: number
  /** From the decision for it until it was initialised, ms. */
  readonly tookMs: number
}

/** How long a container without a job is kept. */
export interface KeepAlive {
  /** ms from idle to suspended; not used by factories that cannot suspend. */
  readonly suspendAfterMs: number
  /** ms from then to destroyed. */
  readonly destroyAfterMs: number
  /**
   * Another container of the action is to be made and initialised later, before it is needed. It is left out when a job
   * of the action comes before, and when there is no room then.
   */
  readonly prewarm?: Prewarm
}

/** A container that is made for an action before there is a job for it. */
export interface Prewarm {
  /** ms from now, when the last container became idle, until it is made. */
  readonly afterMs: number
  /** ms that it waits for its first job, from when it is ready; after a job the policy is asked as for any other. */
  readonly keepMs: number
}

/** A job that finds all containers of its action busy. */
export interface Demand {
  /** What a run of the action took lately, ms. */
  readonly runMs: number
  /** Jobs that already wait for the same containers. */
  readonly ahead: number
  /** Jobs that these containers run at once. */
  readonly slots: number
  /** What it would take to have another container ready, ms. */
  readonly startMs: number
}

/** A container without a job, as a policy sees it. */
export interface IdleContainer {
  /** Equal for containers of one action of one namespace. */
  readonly key: string | undefined
  readonly memoryMb: number
  /** Monotonic ms. */
  readonly idleSinceMs: number
}

/** Options of {@link fixedPolicy}. */
export interface FixedPolicyOptions {
  readonly pauseGraceMs: number
  readonly idleTimeoutMs: number
  /** Share of the host's processors in use, 0 to 1. Default: not known, counts as 0. */
  readonly hostLoad?: () => number
}

/** From this share on, processors are what is short. */
const SATURATED = 0.9
/** How long a job waits for a busy container then: another one would only take time from those that are there, ms. */
const SATURATED_WAIT_MS = 1000
/** How late its turn may come before the job gives up waiting: in a burst, handing out the jobs itself takes that long. */
const TOLERANCE_MS = 50

/**
 * Fixed times, least recently used first, stem cells as the manifest says. A job waits for a busy container when its
 * turn should come before another one were ready, and not much longer than making that one would have taken; longer
 * while the host has no processor to spare.
 */
export function fixedPolicy(options: FixedPolicyOptions): PoolPolicy {
  const keepAlive: KeepAlive = { suspendAfterMs: options.pauseGraceMs, destroyAfterMs: options.idleTimeoutMs }
  return {
    keepAlive: () => keepAlive,
    reuseWait: ({ runMs, ahead, slots, startMs }) => {
      const saturated = options.hostLoad !== undefined && options.hostLoad() >= SATURATED
      const reuseWaitMs = saturated ? Math.max(startMs, SATURATED_WAIT_MS) : startMs
      return (runMs * (ahead + 1)) / slots < reuseWaitMs ? reuseWaitMs + TOLERANCE_MS : 0
    },
    victim: (idle) => {
      for (const container of idle) return container
      return undefined
    },
    stemCells: ({ initialCount, reactive }, coldStarts) => {
      if (!reactive) return initialCount
      const { minCount, maxCount, threshold, increment } = reactive
      if (coldStarts === 0) return minCount
      return Math.min(maxCount, Math.max(minCount, Math.floor(coldStarts / threshold) * increment))
    },
  }
}
