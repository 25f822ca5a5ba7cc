import type { AdapterModule } from '@stemcell/core'
import { levelStores } from './level-stores.ts'
import { levelStoresOptions, parseLevelOptions } from './level-stores-options.ts'

/** For configuration files: each store may be named on its own; those with the same `dir` share its database. */
const adapterModule: AdapterModule = {
  provides: {
    entityStore: {
      options: levelStoresOptions,
      create: (options) => levelStores(parseLevelOptions(options)).entityStore,
    },
    subjectStore: {
      options: levelStoresOptions,
      create: (options) => levelStores(parseLevelOptions(options)).subjectStore,
    },
    activationStore: {
      options: levelStoresOptions,
      create: (options) => levelStores(parseLevelOptions(options)).activationStore,
    },
  },
}

export default adapterModule
