import type { ControllerPoint, InvokerPoint } from '@stemcell/console'

/** Time in s, then one row of values for each line. */
export type Series = [number[], ...(number | null)[][]]

const HOUR_MS = 3_600_000
const SHORTEST_MS = 600_000
const STEP = 1.25
const FIRST_BOUND = 0.1

/** The times of the plots: the last hour, or the last ten minutes where nothing is known of what was before. */
export function timesOf(now: number, pointMs: number, oldest: number): number[] {
  const span = Math.min(HOUR_MS, Math.max(SHORTEST_MS, now - oldest + pointMs))
  const last = now - (now % pointMs)
  const count = Math.ceil(span / pointMs)
  return Array.from({ length: count }, (_, index) => last - (count - 1 - index) * pointMs)
}

function at<P extends { readonly at: number }>(points: readonly P[]): Map<number, P> {
  return new Map(points.map((point) => [point.at, point]))
}

/** Activations per second, and those that failed. The point that is open counts for as long as it lasted. */
export function rates(
  times: readonly number[],
  all: readonly (readonly InvokerPoint[])[],
  pointMs: number,
  now: number,
): Series {
  const byTime = all.map((points) => at(points))
  const perSecond = (of: (point: InvokerPoint) => number): (number | null)[] =>
    times.map((time) => {
      const lasted = Math.min(pointMs, now - time)
      const sum = byTime.reduce((total, points) => total + (points.has(time) ? of(points.get(time)!) : 0), 0)
      return lasted < 1000 ? null : (sum / lasted) * 1000
    })
  return [
    times.map((time) => time / 1000),
    perSecond(({ ended }) => ended[0] + ended[1] + ended[2] + ended[3]),
    perSecond(({ ended }) => ended[1] + ended[2] + ended[3]),
  ]
}

/** p50, p95 and p99 of the latency, ms. */
export function percentiles(times: readonly number[], all: readonly (readonly InvokerPoint[])[]): Series {
  const byTime = all.map((points) => at(points))
  const of = (share: number): (number | null)[] =>
    times.map((time) =>
      percentile(
        byTime.flatMap((points) => [...(points.get(time)?.latency ?? [])]),
        share,
      ),
    )
  return [times.map((time) => time / 1000), of(0.5), of(0.95), of(0.99)]
}

/** Upper bound of the class in which this share of the counts ends; null without counts. */
export function percentile(pairs: readonly number[], share: number): number | null {
  const counts = new Map<number, number>()
  let total = 0
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    counts.set(pairs[index]!, (counts.get(pairs[index]!) ?? 0) + pairs[index + 1]!)
    total += pairs[index + 1]!
  }
  if (total === 0) return null
  let seen = 0
  for (const [bound, count] of [...counts].toSorted(([left], [right]) => left - right)) {
    seen += count
    if (seen >= total * share) return FIRST_BOUND * STEP ** bound
  }
  return null
}

/** Shares of cold starts and of stem cells among the starts, %. */
export function coldShare(times: readonly number[], all: readonly (readonly InvokerPoint[])[]): Series {
  const byTime = all.map((points) => at(points))
  const share = (how: 'cold' | 'stemcell'): (number | null)[] =>
    times.map((time) => {
      let part = 0
      let total = 0
      for (const points of byTime) {
        const acquired = points.get(time)?.acquired
        if (!acquired) continue
        part += acquired[how]
        total += acquired.hot + acquired.resumed + acquired.stemcell + acquired.cold
      }
      return total === 0 ? null : (part / total) * 100
    })
  return [times.map((time) => time / 1000), share('cold'), share('stemcell')]
}

/** Refused and waiting activations. */
export function refusals(times: readonly number[], points: readonly ControllerPoint[]): Series {
  const byTime = at(points)
  return [
    times.map((time) => time / 1000),
    times.map((time) => Object.values(byTime.get(time)?.refused ?? {}).reduce((sum, count) => sum + count, 0)),
    times.map((time) => byTime.get(time)?.waiting ?? null),
  ]
}

/** Memory of the pools in use and CPU of the hosts, %. */
export function resources(times: readonly number[], all: readonly (readonly InvokerPoint[])[]): Series {
  const byTime = all.map((points) => at(points))
  const mean = (of: (pool: InvokerPoint['pool']) => number): (number | null)[] =>
    times.map((time) => {
      const found = byTime.flatMap((points) => (points.has(time) ? [of(points.get(time)!.pool)] : []))
      return found.length === 0 ? null : (found.reduce((sum, value) => sum + value, 0) / found.length) * 100
    })
  return [
    times.map((time) => time / 1000),
    mean(({ usedMb, capacityMb }) => (capacityMb === 0 ? 0 : usedMb / capacityMb)),
    mean(({ cpu }) => cpu),
  ]
}
