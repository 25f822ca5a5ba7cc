export type { CaseContext, ConformanceCase } from './conformance-case.ts'
export { eventually } from './conformance-case.ts'
export type { ConformanceOptions } from './run-conformance.ts'
export { runConformance } from './run-conformance.ts'
export { proveKitBites } from './prove-kit-bites.ts'

export { queueCases, runQueueConformance, type QueueConformanceOptions } from './run-queue-conformance.ts'
export { loadBalancerCases } from './load-balancer-cases.ts'
export { runLoadBalancerConformance, type LoadBalancerConformanceOptions } from './run-load-balancer-conformance.ts'
export { placementRequest, SyntheticCluster, type SyntheticInvoker } from './synthetic-cluster.ts'
export { rateLimiterCases, rateLimiterSubject, type RateLimiterSubject } from './rate-limiter-cases.ts'
export { runRateLimiterConformance, type RateLimiterConformanceOptions } from './run-rate-limiter-conformance.ts'
export { authFixture, type AuthFixture } from './auth-fixture.ts'
export { authCases, authSubject, type AuthSubject } from './auth-cases.ts'
export { runAuthConformance, type AuthConformanceOptions } from './run-auth-conformance.ts'

export type { StoreConformanceOptions } from './store-subject.ts'
export { documentStoreCases, durableDocumentStoreCases } from './document-store-cases.ts'
export { attachmentCases } from './attachment-cases.ts'
export { entityIndexCases } from './entity-index-cases.ts'
export { subjectIndexCases } from './subject-index-cases.ts'
export type { DocumentStoreConformanceOptions } from './run-document-store-conformance.ts'
export { runEntityStoreConformance, runSubjectStoreConformance } from './run-document-store-conformance.ts'
export { activationStoreCases, durableActivationStoreCases } from './activation-store-cases.ts'
export { activationExpiryCases } from './activation-expiry-cases.ts'
export { provisionalRecordCases } from './provisional-record-cases.ts'
export type { ActivationStoreConformanceOptions } from './run-activation-store-conformance.ts'
export { runActivationStoreConformance } from './run-activation-store-conformance.ts'
export { containerFactoryCases } from './container-factory-cases.ts'
export type { ContainerCase, ContainerSubject } from './container-subject.ts'
export {
  containerSubject,
  runContainerFactoryConformance,
  type ContainerFactoryConformanceOptions,
} from './run-container-factory-conformance.ts'
export { runRestConformance } from './rest/run-rest-conformance.ts'
export { systemPackageCases, type SystemPackageSubject } from './system-package-cases.ts'
export {
  runSystemPackageConformance,
  systemPackageSubject,
  type SystemPackageConformanceOptions,
} from './run-system-package-conformance.ts'
