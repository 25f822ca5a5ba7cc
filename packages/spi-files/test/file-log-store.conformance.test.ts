import { adapterContext, type LogStore } from '@stemcell/core'
import { runLogStoreConformance } from '@stemcell/conformance/vitest'
import { fileLogStore, type FileLogStoreOptions } from '@stemcell/spi-files'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new WeakMap<LogStore, string>()

function storeIn(options: Partial<FileLogStoreOptions>): LogStore {
  const base = mkdtempSync(join(tmpdir(), 'stemcell-logs-'))
  const store = fileLogStore({ dir: join(base, 'logs'), ...options }).build(adapterContext())
  folders.set(store, base)
  return store
}

const destroy = async (store: LogStore): Promise<void> => rmSync(folders.get(store)!, { recursive: true, force: true })

runLogStoreConformance('files and records', {
  create: () => storeIn({}),
  destroy,
  capabilities: { collects: true },
})

runLogStoreConformance('files alone', {
  create: () => storeIn({ inRecords: false }),
  destroy,
  capabilities: { collects: true },
  // The folder is gone, as when a disk is not mounted.
  disrupt: async (store) => {
    const dir = join(folders.get(store)!, 'logs')
    renameSync(dir, `${dir}-away`)
    writeFileSync(dir, '')
  },
  restore: async (store) => {
    const dir = join(folders.get(store)!, 'logs')
    rmSync(dir, { force: true })
    renameSync(`${dir}-away`, dir)
  },
})

runLogStoreConformance('files alone that are rotated for nearly every activation', {
  create: () => storeIn({ inRecords: false, maxFileBytes: 1024 }),
  destroy,
  capabilities: { collects: true },
})
