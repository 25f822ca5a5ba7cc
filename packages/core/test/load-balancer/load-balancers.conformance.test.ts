import { runLoadBalancerConformance } from '@stemcell/conformance/vitest'
import { LeastLoadedBalancer } from '../../src/load-balancer/least-loaded-balancer.ts'
import { LocalBalancer } from '../../src/load-balancer/local-balancer.ts'
import { ShardingBalancer } from '../../src/load-balancer/sharding-balancer.ts'

runLoadBalancerConformance('sharding', { create: () => new ShardingBalancer() })
runLoadBalancerConformance('least-loaded', { create: () => new LeastLoadedBalancer() })
runLoadBalancerConformance('local', { create: () => new LocalBalancer() })
