import type { Logger } from '../../log.ts'
import { firstFault } from '../../plug-in/first-fault.ts'
import type { IdleContainer, KeepAlive, PoolPolicy } from '../parts/pool-policy.ts'

/** A policy whose decisions can be carried out: where one cannot, `fallback` decides. */
export function guardedPolicy(policy: PoolPolicy, fallback: PoolPolicy, logger: Logger): PoolPolicy {
  const onFault = firstFault(logger, 'pool policy')
  const decide = <D>(decision: () => D, isSound: (decision: D) => boolean, otherwise: () => D): D => {
    try {
      const decided = decision()
      if (isSound(decided)) return decided
      onFault(new TypeError('the pool policy decided what cannot be done'))
    } catch (err) {
      onFault(err)
    }
    return otherwise()
  }
  const tell = (telling: () => void): void => {
    try {
      telling()
    } catch (err) {
      onFault(err)
    }
  }
  return {
    // What a policy does not want to know costs nothing.
    ...(policy.arrived && { arrived: (arrival) => tell(() => policy.arrived?.(arrival)) }),
    ...(policy.initialised && { initialised: (start) => tell(() => policy.initialised?.(start)) }),
    ...(policy.evicted && { evicted: (container) => tell(() => policy.evicted?.(container)) }),
    ...(policy.worth && {
      worth: (container) =>
        decide(
          () => policy.worth?.(container) ?? Number.NaN,
          (worth) => typeof worth === 'number' && !Number.isNaN(worth),
          () => 0,
        ),
    }),
    keepAlive: (container) =>
      decide(
        () => policy.keepAlive(container),
        isKeepAlive,
        () => fallback.keepAlive(container),
      ),
    victim: (idle) => {
      // Only one that it was shown may go.
      const shown = new Set<IdleContainer>()
      return decide(
        () => policy.victim(noting(idle, shown)),
        (victim) => victim === undefined || shown.has(victim),
        () => fallback.victim(idle),
      )
    },
    reuseWait: (demand) =>
      decide(
        () => policy.reuseWait(demand),
        isSpan,
        () => fallback.reuseWait(demand),
      ),
    stemCells: (plan, coldStarts) =>
      decide(
        () => policy.stemCells(plan, coldStarts),
        (count) => Number.isSafeInteger(count) && count >= 0,
        () => fallback.stemCells(plan, coldStarts),
      ),
  }
}

function* noting(idle: Iterable<IdleContainer>, shown: Set<IdleContainer>): Iterable<IdleContainer> {
  for (const container of idle) {
    shown.add(container)
    yield container
  }
}

function isKeepAlive({ suspendAfterMs, destroyAfterMs, prewarm }: KeepAlive): boolean {
  if (!isSpan(suspendAfterMs) || !isSpan(destroyAfterMs)) return false
  return prewarm === undefined || (isSpan(prewarm.afterMs) && isSpan(prewarm.keepMs))
}

/** ms; may be without end. */
function isSpan(value: number): boolean {
  return typeof value === 'number' && value >= 0
}
