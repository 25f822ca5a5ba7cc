export {
  activationExpiryDoubles,
  activationStoreDoubles,
  durableActivationStoreDoubles,
  provisionalRecordDoubles,
} from './activation-store-doubles.ts'
export { activationHooks, activationOutageDoubles, backedActivations } from './activation-outage-doubles.ts'
export { attachmentDoubles } from './attachment-doubles.ts'
export { authDoubles, authHooks, backedAuth } from './auth-doubles.ts'
export { backedContainers, containerDoubles, containerHooks } from './container-doubles.ts'
export { documentStoreDoubles, durableDocumentStoreDoubles } from './document-store-doubles.ts'
export { entityIndexDoubles, subjectIndexDoubles } from './index-doubles.ts'
export { loadBalancerDoubles } from './load-balancer-doubles.ts'
export { queueDoubles } from './queue-doubles.ts'
export { backedRateLimiter, rateLimiterDoubles, rateLimiterHooks } from './rate-limiter-doubles.ts'
export { runtimeTransportDoubles } from './runtime-transport-doubles.ts'
export { systemPackageDoubles } from './system-package-doubles.ts'
export { SimulatedQueue, simulatedHooks, type QueueFlaws } from './simulated-queue.ts'
export {
  backedDocuments,
  damagedDocumentDoubles,
  documentHooks,
  documentOutageDoubles,
} from './document-outage-doubles.ts'
export { sortedBackendDoubles, sortedBackendHooks } from './sorted-backend-doubles.ts'
export { logStoreDoubles, logStoreHooks, SimulatedLogStore } from './log-store-doubles.ts'
export { poolPolicyDoubles } from './pool-policy-doubles.ts'
