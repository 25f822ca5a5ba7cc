import { expect, it } from 'vitest'
import { runLoadBalancerConformance } from '@stemcell/conformance/vitest'
import { compare, tableOf } from '../src/compare.ts'
import { TwoChoices, run } from '../src/main.ts'

runLoadBalancerConformance('two-choices', { create: () => new TwoChoices() })

it('a platform places its activations by the scheduler of the example', async () => {
  const activation = await run()
  expect(activation['response']).toMatchObject({ success: true, result: { placed: true } })
})

it('the scheduler has fewer cold starts and shorter waits than those of core on a skewed workload', () => {
  const outcomes = compare()
  process.stdout.write(`${tableOf(outcomes)}\n`)
  const { 'two-choices': own, 'least-loaded': leastLoaded, sharding } = outcomes
  for (const other of [leastLoaded!, sharding!]) {
    expect(own!.coldShare).toBeLessThan(other.coldShare * 0.8)
    expect(own!.meanMs).toBeLessThan(other.meanMs * 0.9)
    expect(own!.p99Ms).toBeLessThanOrEqual(other.p99Ms)
  }
})
