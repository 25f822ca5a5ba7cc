import { adapterContext, memoryActivationStore, memoryEntityStore, memorySubjectStore } from '@stemcell/core'
import {
  runActivationStoreConformance,
  runEntityStoreConformance,
  runSubjectStoreConformance,
} from '@stemcell/conformance/vitest'

const context = adapterContext()
const MB = 1024 ** 2
const documents = { durable: false, maxDocumentBytes: 8 * MB, maxAttachmentBytes: 50 * MB }

runEntityStoreConformance('memory', { create: () => memoryEntityStore().build(context), capabilities: documents })
runSubjectStoreConformance('memory', { create: () => memorySubjectStore().build(context), capabilities: documents })
runActivationStoreConformance('memory', {
  create: () => memoryActivationStore().build(context),
  capabilities: { durable: false, maxRecordBytes: 16 * MB },
})
