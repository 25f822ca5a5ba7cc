import { expect, it } from 'vitest'
import { runLoadBalancerConformance } from '@stemcell/conformance/vitest'
import { RoundRobin, run } from '../src/main.ts'

runLoadBalancerConformance('round-robin', { create: () => new RoundRobin() })

it('a platform places its activations by the scheduler of the example', async () => {
  const activation = await run()
  expect(activation['response']).toMatchObject({ success: true, result: { placed: true } })
})
