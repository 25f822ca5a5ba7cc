import { adapterContext } from '@stemcell/core'
import {
  runActivationStoreConformance,
  runEntityStoreConformance,
  runSubjectStoreConformance,
} from '@stemcell/conformance/vitest'
import { MemorySortedBackend, sortedStores } from '@stemcell/core/sorted-store'

const context = adapterContext()
const MB = 1024 ** 2
const documents = { durable: false, maxDocumentBytes: 8 * MB, maxAttachmentBytes: 50 * MB }
const stores = sortedStores({ name: 'memory', core: '*', backend: () => new MemorySortedBackend() })

runEntityStoreConformance('sorted, in memory', {
  create: () => stores.entityStore.build(context),
  capabilities: documents,
})
runSubjectStoreConformance('sorted, in memory', {
  create: () => stores.subjectStore.build(context),
  capabilities: documents,
})
runActivationStoreConformance('sorted, in memory', {
  create: () => stores.activationStore.build(context),
  capabilities: { durable: false, maxRecordBytes: 16 * MB },
})
