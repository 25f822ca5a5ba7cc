import { adapterContext } from '@stemcell/core'
import {
  runActivationStoreConformance,
  runEntityStoreConformance,
  runSubjectStoreConformance,
} from '@stemcell/conformance/node-test'
import { myStores } from '../src/index.js'

const MB = 1024 ** 2
const context = adapterContext()
const stores = myStores({ url: 'memory:' })
const documents = { durable: false, maxDocumentBytes: 8 * MB, maxAttachmentBytes: 50 * MB }

runEntityStoreConformance('__NAME__', {
  create: () => stores.entityStore.build(context),
  capabilities: documents,
})
runSubjectStoreConformance('__NAME__', {
  create: () => stores.subjectStore.build(context),
  capabilities: documents,
})
runActivationStoreConformance('__NAME__', {
  create: () => stores.activationStore.build(context),
  capabilities: { durable: false, maxRecordBytes: 16 * MB },
})
