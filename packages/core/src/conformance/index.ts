export type { CaseContext, ConformanceCase } from './conformance-case.ts'
export { eventually } from './conformance-case.ts'
export type { ConformanceOptions } from './run-conformance.ts'
export { runConformance } from './run-conformance.ts'
export { proveKitBites } from './prove-kit-bites.ts'

export { queueCases, runQueueConformance, type QueueConformanceOptions } from './run-queue-conformance.ts'
export {
  loadBalancerCases,
  runLoadBalancerConformance,
  type LoadBalancerConformanceOptions,
} from './run-load-balancer-conformance.ts'
export { placementRequest, SyntheticCluster, type SyntheticInvoker } from './synthetic-cluster.ts'
export {
  rateLimiterCases,
  rateLimiterSubject,
  runRateLimiterConformance,
  type RateLimiterConformanceOptions,
  type RateLimiterSubject,
} from './run-rate-limiter-conformance.ts'
export {
  authCases,
  authRoster,
  authSubject,
  runAuthConformance,
  type AuthConformanceOptions,
  type AuthRoster,
  type AuthSubject,
} from './run-auth-conformance.ts'
