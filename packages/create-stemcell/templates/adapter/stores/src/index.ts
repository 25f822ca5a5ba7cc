import { sortedStores, type SortedStores } from '@stemcell/core/sorted-store'
import { MyBackend } from './my-backend.js'

export { MyBackend } from './my-backend.js'

export interface MyStoresOptions {
  /** Where the backend is. */
  readonly url: string
}

/** For `assemble({ ...myStores({ url }) })`: entities, subjects and activation records on one backend. */
export function myStores(_options: MyStoresOptions): SortedStores {
  return sortedStores({ name: '__NAME__', core: '^__VERSION__', backend: () => new MyBackend() })
}
