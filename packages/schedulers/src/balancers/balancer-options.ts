import { LeastLoadedBalancer, ShardingBalancer, type LoadBalancer } from '@stemcell/core'
import { z } from '@stemcell/core/schema'
import { PullBalancer } from './pull-balancer.ts'
import { TwoChoicesBalancer } from './two-choices-balancer.ts'

const share = z.number().min(0).max(1)
const count = z.int().min(1)

/** What a configuration may say of a load balancer. */
export const balancerOptions = z.discriminatedUnion('balancer', [
  z.strictObject({
    balancer: z.literal('sharding'),
    managedFraction: share.optional(),
    blackboxFraction: share.optional(),
  }),
  z.strictObject({
    balancer: z.literal('least-loaded'),
    choices: count.optional(),
    stayBelow: share.optional(),
    rememberedActions: count.optional(),
  }),
  z.strictObject({ balancer: z.literal('two-choices'), stayBelow: share.optional() }),
  z.strictObject({
    balancer: z.literal('pull'),
    queueLength: count.optional(),
    readyMs: z.number().min(0).optional(),
    rememberedActions: count.optional(),
  }),
])

/** The name of a balancer with its options. */
export type BalancerOptions = z.output<typeof balancerOptions>

export const BALANCERS = ['sharding', 'least-loaded', 'two-choices', 'pull'] as const

export function createBalancer(options: BalancerOptions): LoadBalancer {
  const own = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => name !== 'balancer' && value !== undefined),
  )
  switch (options.balancer) {
    case 'sharding':
      return new ShardingBalancer(own)
    case 'least-loaded':
      return new LeastLoadedBalancer(own)
    case 'two-choices':
      return new TwoChoicesBalancer(own)
    case 'pull':
      return new PullBalancer(own)
  }
}
