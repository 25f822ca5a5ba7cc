import { adapterContext } from '@stemcell/core'
import {
  runActivationStoreConformance,
  runEntityStoreConformance,
  runSortedBackendConformance,
  runSubjectStoreConformance,
} from '@stemcell/conformance/vitest'
import { KeySpace, MemorySortedBackend, sortedStores } from '@stemcell/core/sorted-store'

const context = adapterContext()
const MB = 1024 ** 2
const documents = { durable: false, maxDocumentBytes: 8 * MB, maxAttachmentBytes: 50 * MB }
const stores = sortedStores({ name: 'memory', core: '*', backend: () => new MemorySortedBackend() })

runSortedBackendConformance('in memory', { create: () => new MemorySortedBackend() })

let latest: MemorySortedBackend | undefined
const watched = sortedStores({ name: 'memory', core: '*', backend: () => (latest = new MemorySortedBackend()) })
runEntityStoreConformance('sorted, in memory', {
  create: () => watched.entityStore.build(context),
  capabilities: documents,
  damage: async (_closed, id) => {
    const [[key] = ['']] = latest!
      .range({ gte: '', lt: '\u{10ffff}', reverse: false, skip: 0, limit: 1000 })
      .filter(([name]) => name.endsWith(new KeySpace('').document(id)))
    latest!.batch({ conditions: [], operations: [{ type: 'put', key, value: '{"half":' }] })
  },
})
runSubjectStoreConformance('sorted, in memory', {
  create: () => stores.subjectStore.build(context),
  capabilities: documents,
})
runActivationStoreConformance('sorted, in memory', {
  create: () => stores.activationStore.build(context),
  capabilities: { durable: false, maxRecordBytes: 16 * MB },
})
