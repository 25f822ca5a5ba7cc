import type { LoadBalancer } from '../load-balancer/load-balancer.ts'
import { loadBalancerCases } from './load-balancer-cases.ts'
import { runConformance, type ConformanceOptions } from './run-conformance.ts'

export interface LoadBalancerConformanceOptions extends ConformanceOptions<LoadBalancer> {}

/** Tests an implementation of LoadBalancer with vitest, on clusters that exist only as numbers. */
export function runLoadBalancerConformance(name: string, options: LoadBalancerConformanceOptions): void {
  runConformance('LoadBalancer', name, loadBalancerCases, options)
}
