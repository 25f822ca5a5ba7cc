export type { CaseContext, ConformanceCase } from './kit/conformance-case.ts'
export { eventually, soon, throughout, whileCutOff } from './kit/conformance-case.ts'
export type { CaseHooks } from './kit/case-hooks.ts'
export { RunningContext, type CaseContextOptions } from './kit/case-context.ts'
export type { ConformanceSuite, ConformanceTest, TestOutcome } from './kit/conformance-suite.ts'
export { caseSuite, type ConformanceOptions, type UsedNames } from './kit/case-suite.ts'
export { biteSuite, type BrokenDoubles } from './kit/bite-suite.ts'
export {
  runCases,
  type ConformanceReport,
  type FailedTest,
  type KnownFailure,
  type RunCasesOptions,
  type SkippedTest,
} from './kit/run-cases.ts'

export { queueCases, queueConformance, type QueueConformanceOptions } from './queue/queue-conformance.ts'

export { loadBalancerCases } from './load-balancer/load-balancer-cases.ts'
export {
  loadBalancerConformance,
  type LoadBalancerConformanceOptions,
} from './load-balancer/load-balancer-conformance.ts'
export { placementRequest, SyntheticCluster, type SyntheticInvoker } from './load-balancer/synthetic-cluster.ts'

export { rateLimiterCases, rateLimiterSubject, type RateLimiterSubject } from './rate-limiter/rate-limiter-cases.ts'
export { rateLimiterConformance, type RateLimiterConformanceOptions } from './rate-limiter/rate-limiter-conformance.ts'

export { authFixture, type AuthFixture } from './auth/auth-fixture.ts'
export { authCases, authSubject, type AuthSubject } from './auth/auth-cases.ts'
export { authConformance, type AuthConformanceOptions } from './auth/auth-conformance.ts'
export { addSubject, blockSubject, emptySubjectStore, subjectStoreOf } from './auth/subjects.ts'

export type { StoreConformanceOptions } from './stores/store-subject.ts'
export { documentStoreCases, durableDocumentStoreCases } from './stores/document-store-cases.ts'
export { attachmentCases } from './stores/attachment-cases.ts'
export { entityIndexCases } from './stores/entity-index-cases.ts'
export { subjectIndexCases } from './stores/subject-index-cases.ts'
export {
  entityStoreConformance,
  subjectStoreConformance,
  type DocumentStoreConformanceOptions,
} from './stores/document-store-conformance.ts'
export { activationStoreCases, durableActivationStoreCases } from './stores/activation-store-cases.ts'
export { activationOutageCases } from './stores/activation-outage-cases.ts'
export { activationExpiryCases } from './stores/activation-expiry-cases.ts'
export { provisionalRecordCases } from './stores/provisional-record-cases.ts'
export {
  activationStoreConformance,
  type ActivationStoreConformanceOptions,
} from './stores/activation-store-conformance.ts'

export { containerFactoryCases } from './containers/container-factory-cases.ts'
export type { ContainerCase, ContainerSubject } from './containers/container-subject.ts'
export {
  containerFactoryConformance,
  containerSubject,
  type ContainerFactoryConformanceOptions,
} from './containers/container-factory-conformance.ts'

export { systemPackageCases, type SystemPackageSubject } from './system-packages/system-package-cases.ts'
export {
  systemPackageConformance,
  systemPackageSubject,
  type SystemPackageConformanceOptions,
} from './system-packages/system-package-conformance.ts'

export { runtimeTransportCases, type RuntimeTransportSubject } from './runtime-transport/runtime-transport-cases.ts'
export {
  runtimeTransportConformance,
  type RuntimeTransportConformanceOptions,
} from './runtime-transport/runtime-transport-conformance.ts'
export { damagedDocumentCases } from './stores/damaged-document-cases.ts'
export { documentOutageCases } from './stores/document-outage-cases.ts'

export { sortedBackendCases } from './sorted-backend/sorted-backend-cases.ts'
export {
  sortedBackendConformance,
  type SortedBackendConformanceOptions,
} from './sorted-backend/sorted-backend-conformance.ts'

export { logStoreCases } from './log-store/log-store-cases.ts'
export { logStoreConformance, type LogStoreConformanceOptions } from './log-store/log-store-conformance.ts'

export { poolPolicyCases } from './pool-policy/pool-policy-cases.ts'
export { poolPolicyConformance, type PoolPolicyConformanceOptions } from './pool-policy/pool-policy-conformance.ts'

export { adapterSuites, type AdapterSetup, type AdapterSuite, type PartSetup } from './adapter/adapter-suites.ts'

export {
  benchSchedulers,
  type SchedulerBenchOptions,
  type SchedulerBenchResult,
  type SchedulerFigures,
} from './scheduler-bench/bench-scheduler.ts'
export { WORKLOADS, type WorkloadName } from './scheduler-bench/workloads.ts'
