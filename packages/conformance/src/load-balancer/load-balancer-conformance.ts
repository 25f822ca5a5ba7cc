import type { LoadBalancer } from '@stemcell/core'
import { loadBalancerCases } from './load-balancer-cases.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { caseSuite, type ConformanceOptions } from '../kit/case-suite.ts'

export interface LoadBalancerConformanceOptions extends ConformanceOptions<LoadBalancer> {}

/** Tests an implementation of LoadBalancer, on clusters that exist only as numbers. */
export function loadBalancerConformance(name: string, options: LoadBalancerConformanceOptions): ConformanceSuite {
  return caseSuite('LoadBalancer', name, loadBalancerCases, options)
}
