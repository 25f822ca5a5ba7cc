export { GreedyDualPolicy, greedyDualPolicy, type GreedyDualPolicyOptions } from './policies/greedy-dual-policy.ts'
export { HybridPolicy, hybridPolicy, type HybridPolicyOptions } from './policies/hybrid-policy.ts'
export { createPolicy, POLICIES, policyOptions, type PolicyOptions } from './policies/policy-options.ts'
export { BALANCERS, balancerOptions, createBalancer, type BalancerOptions } from './balancers/balancer-options.ts'
export { PullBalancer, pullBalancer, type PullBalancerOptions } from './balancers/pull-balancer.ts'
export {
  TwoChoicesBalancer,
  twoChoicesBalancer,
  type TwoChoicesBalancerOptions,
} from './balancers/two-choices-balancer.ts'
export { generateAzure2019, type GeneratorOptions } from './trace/azure-2019-generator.ts'
export { csvTrace, writeCsvTrace } from './trace/csv-trace.ts'
export { readAzure2019, type AzureFilesOptions } from './trace/azure-2019-files.ts'
export type { Invocation, Trace, TraceFunction } from './trace/trace.ts'
export { replay, type Candidate, type ReplayOptions, type ReplayReport, type ReplayResult } from './replay/replay.ts'
export type { ClusterSize } from './replay/replayed-cluster.ts'
export type { Figures, Percentiles } from './replay/figures.ts'
export { reportTable } from './report/report-table.ts'
export { reportSvg } from './report/report-svg.ts'
