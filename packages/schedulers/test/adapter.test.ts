import { adapterContext } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { z } from '@stemcell/core/schema'
import adapter from '../src/adapter.ts'
import { BALANCERS } from '../src/balancers/balancer-options.ts'
import { POLICIES } from '../src/policies/policy-options.ts'

const { poolPolicy, loadBalancer } = adapter.provides

/** Makes a part of the options of a configuration, as the server does. */
function made(part: typeof poolPolicy, given: unknown): unknown {
  const options = (part!.options as z.ZodType).parse(given)
  return part!.create(options).build(adapterContext() as never)
}

describe('the adapter for configurations', () => {
  it.each(POLICIES)('makes the policy %s', (policy) => {
    expect(made(poolPolicy, { policy })).toMatchObject({
      keepAlive: expect.any(Function),
      victim: expect.any(Function),
    })
  })

  it.each(BALANCERS)('makes the balancer %s', (balancer) => {
    expect(made(loadBalancer, { balancer })).toMatchObject({ name: balancer })
  })

  it('gives them their options', () => {
    const policy = made(poolPolicy, { policy: 'greedy-dual', pauseGraceMs: 5 }) as { keepAlive(): unknown }
    expect(policy.keepAlive()).toEqual({ suspendAfterMs: 5, destroyAfterMs: Infinity })
  })

  it.each([
    [poolPolicy, {}],
    [poolPolicy, { policy: 'lru' }],
    [poolPolicy, { policy: 'fixed', idleTimeout: 1 }],
    [poolPolicy, { policy: 'hybrid', head: 2 }],
    [loadBalancer, { balancer: 'two-choices', stayBelow: 'often' }],
  ])('refuses what it does not know', (part, options) => {
    expect((part!.options as z.ZodType).safeParse(options).success).toBe(false)
  })
})
