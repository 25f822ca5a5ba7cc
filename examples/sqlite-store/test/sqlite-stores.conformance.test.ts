import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adapterContext } from '@stemcell/core'
import {
  runActivationStoreConformance,
  runEntityStoreConformance,
  runSortedBackendConformance,
  runSubjectStoreConformance,
} from '@stemcell/conformance/vitest'
import { sqliteStores } from '@stemcell/example-sqlite-store'
import { afterAll } from 'vitest'
import { SqliteBackend } from '../src/sqlite-backend.ts'

const MB = 1024 ** 2
const documents = { durable: true, maxDocumentBytes: 8 * MB, maxAttachmentBytes: 50 * MB }
const context = adapterContext()
const folder = mkdtempSync(join(tmpdir(), 'sqlite-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const { entityStore, subjectStore, activationStore } = sqliteStores({ file: join(folder, 'stores.db') })

const backend = (): SqliteBackend => new SqliteBackend(join(folder, 'backend.db'))
runSortedBackendConformance('sqlite', { create: backend, another: backend })
runEntityStoreConformance('sqlite', {
  create: () => entityStore.build(context),
  reopen: () => entityStore.build(context),
  capabilities: documents,
})
runSubjectStoreConformance('sqlite', {
  create: () => subjectStore.build(context),
  reopen: () => subjectStore.build(context),
  capabilities: documents,
})
runActivationStoreConformance('sqlite', {
  create: () => activationStore.build(context),
  reopen: () => activationStore.build(context),
  capabilities: { durable: true, maxRecordBytes: 16 * MB },
})
