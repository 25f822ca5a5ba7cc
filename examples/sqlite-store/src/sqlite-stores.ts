import { sortedStores, type SortedStores } from '@stemcell/core/sorted-store'
import { SqliteBackend } from './sqlite-backend.ts'

/** The stores of a platform in one file of SQLite. */
export function sqliteStores({ file }: { readonly file: string }): SortedStores {
  return sortedStores({
    name: '@stemcell/example-sqlite-store',
    core: '^0.1.0',
    backend: () => new SqliteBackend(file),
  })
}
