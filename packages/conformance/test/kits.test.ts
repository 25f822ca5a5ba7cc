import type { ActivationStore, DocumentStore } from '@stemcell/core'
import {
  activationExpiryDoubles,
  activationStoreDoubles,
  attachmentDoubles,
  authDoubles,
  containerDoubles,
  documentStoreDoubles,
  durableActivationStoreDoubles,
  durableDocumentStoreDoubles,
  entityIndexDoubles,
  loadBalancerDoubles,
  provisionalRecordDoubles,
  queueDoubles,
  rateLimiterDoubles,
  runtimeTransportDoubles,
  subjectIndexDoubles,
  systemPackageDoubles,
} from '../src/doubles/index.ts'
import {
  activationExpiryCases,
  activationStoreCases,
  attachmentCases,
  authCases,
  containerFactoryCases,
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
} from '../src/index.ts'
import { brokenActivations, brokenDocuments } from '../src/doubles/broken-store.ts'
import { faithful } from '../src/doubles/system-package-doubles.ts'
import { faithfulRuntime } from '../src/doubles/runtime-transport-doubles.ts'
import { proveKitBites, runRuntimeTransportConformance, runSystemPackageConformance } from '../src/vitest.ts'

proveKitBites('Queue', queueCases, queueDoubles)
proveKitBites('LoadBalancer', loadBalancerCases, loadBalancerDoubles)
proveKitBites('RateLimiter', rateLimiterCases, rateLimiterDoubles)
proveKitBites('Auth', authCases, authDoubles)
proveKitBites('ContainerFactory', containerFactoryCases, containerDoubles)
proveKitBites('RuntimeTransport', runtimeTransportCases, runtimeTransportDoubles)
proveKitBites('SystemPackage', systemPackageCases, systemPackageDoubles)

runRuntimeTransportConformance('a small runtime', { create: faithfulRuntime })

runSystemPackageConformance('a package that only echoes', { create: () => faithful })

proveKitBites<DocumentStore>('DocumentStore', documentStoreCases, documentStoreDoubles)
proveKitBites<DocumentStore>(
  'durable DocumentStore',
  durableDocumentStoreCases(brokenDocuments(() => ({}))),
  durableDocumentStoreDoubles,
)
proveKitBites<DocumentStore>('attachments of DocumentStore', attachmentCases, attachmentDoubles)
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
