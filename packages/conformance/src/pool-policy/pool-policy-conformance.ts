import type { PoolPolicy } from '@stemcell/core'
import { caseSuite, type ConformanceOptions } from '../kit/case-suite.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { poolPolicyCases } from './pool-policy-cases.ts'

export interface PoolPolicyConformanceOptions extends Omit<ConformanceOptions<PoolPolicy>, 'capabilities'> {}

/** Tests an implementation of PoolPolicy, on containers that exist only as numbers. */
export function poolPolicyConformance(name: string, options: PoolPolicyConformanceOptions): ConformanceSuite {
  return caseSuite('PoolPolicy', name, poolPolicyCases, options)
}
