import { fixedPolicy, RecordLogStore, type ActivationStore, type DocumentStore, type Queue } from '@stemcell/core'
import {
  activationExpiryDoubles,
  activationHooks,
  activationOutageDoubles,
  activationStoreDoubles,
  attachmentDoubles,
  authDoubles,
  authHooks,
  backedActivations,
  backedAuth,
  backedContainers,
  backedDocuments,
  backedRateLimiter,
  containerDoubles,
  containerHooks,
  damagedDocumentDoubles,
  documentHooks,
  documentOutageDoubles,
  sortedBackendDoubles,
  sortedBackendHooks,
  logStoreDoubles,
  logStoreHooks,
  poolPolicyDoubles,
  SimulatedLogStore,
  documentStoreDoubles,
  durableActivationStoreDoubles,
  durableDocumentStoreDoubles,
  entityIndexDoubles,
  loadBalancerDoubles,
  provisionalRecordDoubles,
  queueDoubles,
  rateLimiterDoubles,
  rateLimiterHooks,
  runtimeTransportDoubles,
  simulatedHooks,
  SimulatedQueue,
  subjectIndexDoubles,
  systemPackageDoubles,
} from '../src/doubles/index.ts'
import {
  activationExpiryCases,
  activationOutageCases,
  activationStoreCases,
  attachmentCases,
  authCases,
  containerFactoryCases,
  damagedDocumentCases,
  documentOutageCases,
  sortedBackendCases,
  logStoreCases,
  poolPolicyCases,
  documentStoreCases,
  durableActivationStoreCases,
  durableDocumentStoreCases,
  entityIndexCases,
  loadBalancerCases,
  provisionalRecordCases,
  queueCases,
  rateLimiterCases,
  runtimeTransportCases,
  subjectIndexCases,
  systemPackageCases,
  type ConformanceCase,
} from '../src/index.ts'
import { brokenActivations, brokenDocuments } from '../src/doubles/broken-store.ts'
import { faithful } from '../src/doubles/system-package-doubles.ts'
import { faithfulRuntime } from '../src/doubles/runtime-transport-doubles.ts'
import {
  proveKitBites,
  runConformance,
  runLogStoreConformance,
  runPoolPolicyConformance,
  runRuntimeTransportConformance,
  runSystemPackageConformance,
} from '../src/vitest.ts'

proveKitBites('Queue', queueCases, queueDoubles, simulatedHooks)
// All but volume, which says nothing about a queue in memory.
runConformance<Queue>(
  'Queue',
  'a simulated server, cut off and shared',
  queueCases.filter(({ id }) => id !== 'queue.carries-100000-messages'),
  { create: () => new SimulatedQueue(), ...simulatedHooks },
)
proveKitBites('LoadBalancer', loadBalancerCases, loadBalancerDoubles)
proveKitBites('RateLimiter', rateLimiterCases, rateLimiterDoubles, rateLimiterHooks)
proveKitBites('Auth', authCases, authDoubles, authHooks)
proveKitBites('ContainerFactory', containerFactoryCases, containerDoubles, containerHooks)
proveKitBites('RuntimeTransport', runtimeTransportCases, runtimeTransportDoubles)
proveKitBites('SystemPackage', systemPackageCases, systemPackageDoubles)
proveKitBites('SortedBackend', sortedBackendCases, sortedBackendDoubles, sortedBackendHooks)
proveKitBites('LogStore', logStoreCases, logStoreDoubles, logStoreHooks)
proveKitBites('PoolPolicy', poolPolicyCases, poolPolicyDoubles)

runLogStoreConformance('beside the records', {
  create: () => new SimulatedLogStore(),
  capabilities: { collects: true },
  ...logStoreHooks,
})
runLogStoreConformance('in the records', { create: () => new RecordLogStore(), capabilities: { collects: true } })
runPoolPolicyConformance('fixed times', {
  create: () => fixedPolicy({ pauseGraceMs: 10_000, idleTimeoutMs: 600_000 }),
})

runRuntimeTransportConformance('a small runtime', { create: faithfulRuntime })

runSystemPackageConformance('a package that only echoes', { create: () => faithful })

proveKitBites<DocumentStore>('DocumentStore', documentStoreCases, documentStoreDoubles)
proveKitBites<DocumentStore>(
  'durable DocumentStore',
  durableDocumentStoreCases(brokenDocuments(() => ({}))),
  durableDocumentStoreDoubles,
)
proveKitBites<DocumentStore>('attachments of DocumentStore', attachmentCases, attachmentDoubles)
proveKitBites<DocumentStore>(
  'DocumentStore without its backend',
  documentOutageCases,
  documentOutageDoubles,
  documentHooks,
)
proveKitBites<DocumentStore>('damaged DocumentStore', damagedDocumentCases, damagedDocumentDoubles, documentHooks)
runConformance<DocumentStore>(
  'DocumentStore',
  'cut off or damaged',
  [...documentOutageCases, ...damagedDocumentCases],
  { create: backedDocuments, ...documentHooks },
)
proveKitBites<DocumentStore>('EntityStore indexes', entityIndexCases, entityIndexDoubles)
proveKitBites<DocumentStore>('SubjectStore indexes', subjectIndexCases, subjectIndexDoubles)

proveKitBites<ActivationStore>('ActivationStore', activationStoreCases, activationStoreDoubles)
proveKitBites<ActivationStore>(
  'durable ActivationStore',
  durableActivationStoreCases(brokenActivations(() => ({}))),
  durableActivationStoreDoubles,
)
proveKitBites<ActivationStore>('expiry of ActivationStore', activationExpiryCases, activationExpiryDoubles)
proveKitBites<ActivationStore>(
  'provisional records of ActivationStore',
  provisionalRecordCases,
  provisionalRecordDoubles,
)
proveKitBites<ActivationStore>(
  'ActivationStore without its backend',
  activationOutageCases,
  activationOutageDoubles,
  activationHooks,
)

// The same cases on doubles that keep their promises: what is cut off from a simulated backend passes.
runConformance<ActivationStore>('ActivationStore', 'cut off', activationOutageCases, {
  create: backedActivations,
  ...activationHooks,
  patienceMs: 1000,
})
runConformance('RateLimiter', 'cut off', aboutOutages(rateLimiterCases), {
  create: backedRateLimiter,
  ...rateLimiterHooks,
})
runConformance('Auth', 'cut off', aboutOutages(authCases), { create: backedAuth, ...authHooks })
runConformance('ContainerFactory', 'cut off', aboutOutages(containerFactoryCases), {
  create: backedContainers,
  ...containerHooks,
})

function aboutOutages<S>(cases: readonly ConformanceCase<S>[]): readonly ConformanceCase<S>[] {
  return cases.filter(({ needs }) => needs?.includes('disrupt'))
}
