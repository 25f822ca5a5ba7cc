import type { AdapterModule } from '@stemcell/core'
import { fileLogStoreOptions, parseFileOptions } from './file-log-store-options.ts'
import { fileLogStore } from './file-log-store.ts'

/** For configuration files: `{ "logStore": { "adapter": "@stemcell/spi-files", "options": { "dir": "logs" } } }`. */
const adapterModule: AdapterModule = {
  provides: {
    logStore: { options: fileLogStoreOptions, create: (options) => fileLogStore(parseFileOptions(options)) },
  },
}

export default adapterModule
