import { fixedPolicy, type PoolPolicy } from '@stemcell/core'
import { z } from '@stemcell/core/schema'
import { GreedyDualPolicy } from './greedy-dual-policy.ts'
import { HybridPolicy } from './hybrid-policy.ts'

const ms = z.number().min(0)
const share = z.number().min(0).max(1)
const count = z.int().min(1)

/** What a configuration may say of a policy. */
export const policyOptions = z.discriminatedUnion('policy', [
  z.strictObject({
    policy: z.literal('fixed'),
    pauseGraceMs: ms.default(10_000),
    idleTimeoutMs: ms.default(600_000),
  }),
  z.strictObject({
    policy: z.literal('hybrid'),
    binMs: ms.optional(),
    rangeMs: ms.optional(),
    head: share.optional(),
    tail: share.optional(),
    margin: share.optional(),
    representative: z.number().min(0).optional(),
    leastSamples: z.int().min(0).optional(),
    outOfBounds: share.optional(),
    rareKeepMs: ms.optional(),
    pauseGraceMs: ms.optional(),
    rememberedActions: count.optional(),
  }),
  z.strictObject({
    policy: z.literal('greedy-dual'),
    pauseGraceMs: ms.optional(),
    idleTimeoutMs: ms.optional(),
    rememberedActions: count.optional(),
  }),
])

/** The name of a policy with its options. */
export type PolicyOptions = z.output<typeof policyOptions>

export const POLICIES = ['fixed', 'hybrid', 'greedy-dual'] as const

/** @throws ERR_CONFIG options that contradict each other. */
export function createPolicy(options: PolicyOptions): PoolPolicy {
  const { policy, ...own } = definedOnly(options)
  if (policy === 'fixed') return fixedPolicy(own as { pauseGraceMs: number; idleTimeoutMs: number })
  return policy === 'hybrid' ? new HybridPolicy(own) : new GreedyDualPolicy(own)
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Without members that are there and undefined. */
function definedOnly<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>
}
