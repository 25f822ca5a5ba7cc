import { runLoadBalancerConformance, runPoolPolicyConformance } from '@stemcell/conformance/vitest'
import { GreedyDualPolicy } from '../src/policies/greedy-dual-policy.ts'
import { HybridPolicy } from '../src/policies/hybrid-policy.ts'
import { PullBalancer } from '../src/balancers/pull-balancer.ts'
import { TwoChoicesBalancer } from '../src/balancers/two-choices-balancer.ts'

runLoadBalancerConformance('two-choices', { create: () => new TwoChoicesBalancer() })
runLoadBalancerConformance('pull', { create: () => new PullBalancer() })
runPoolPolicyConformance('hybrid', { create: () => new HybridPolicy() })
runPoolPolicyConformance('greedy-dual', { create: () => new GreedyDualPolicy() })
