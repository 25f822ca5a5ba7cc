import { performance } from 'node:perf_hooks'
import { expect, it } from 'vitest'
import { fixedPolicy, type PoolPolicy } from '../../../src/invoker/parts/pool-policy.ts'
import { PoolBench } from '../fakes/pool-bench.ts'

/** Looking through the containers would cost a hundred times as much; caches and the collector explain a few times. */
const TOLERATED = 10
const FEW = 10
const MANY = 1_000
const ROUNDS = 30

const fixed = fixedPolicy({ pauseGraceMs: 10_000, idleTimeoutMs: 60_000 })

/** A pool that is full of idle containers, one of each action. */
async function fullPool(count: number, policy: PoolPolicy = fixed): Promise<PoolBench> {
  const bench = await new PoolBench({ memoryMb: count * 128, maxParallelStarts: count, parts: { policy } }).open()
  await bench.untilEnded(...Array.from({ length: count }, (_, index) => bench.submit({ key: `action ${index}` })))
  expect(bench.pool.gauges.idle).toBe(count)
  return bench
}

/** ms that `decide` takes in each pool, the least of many rounds; the pools take turns. */
async function costs(
  pools: readonly [number, PoolBench][],
  decide: (bench: PoolBench, key: string) => void,
  keyOf: (count: number, round: number) => string,
): Promise<number[]> {
  const least = pools.map(() => Infinity)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [count, bench]] of pools.entries()) {
      const key = keyOf(count, round)
      const start = performance.now()
      decide(bench, key)
      least[index] = Math.min(least[index]!, performance.now() - start)
      await bench.clock.advance(1_000)
    }
  }
  return least
}

it('does not look through its containers to find the one of an action, or the one to evict', () => costsTheSame(fixed))

it('does not look through them where a policy says what each is worth', () =>
  costsTheSame({ ...fixed, worth: ({ idleSinceMs, key }) => idleSinceMs * 31 + key!.length }))

async function costsTheSame(policy: PoolPolicy): Promise<void> {
  const pools: [number, PoolBench][] = [
    [FEW, await fullPool(FEW, policy)],
    [MANY, await fullPool(MANY, policy)],
  ]
  const submit = (bench: PoolBench, key: string): void => void bench.submit({ key })
  const [fewHot, manyHot] = await costs(pools, submit, (count, round) => `action ${(round * 7) % count}`)
  expect(manyHot! / fewHot!).toBeLessThan(TOLERATED)
  const [fewFull, manyFull] = await costs(pools, submit, (_count, round) => `stranger ${round}`)
  expect(manyFull! / fewFull!).toBeLessThan(TOLERATED)
  for (const [count, bench] of pools) expect(bench.jobs.filter(({ ended }) => ended)).toHaveLength(count + 2 * ROUNDS)
}
