import { PlatformError, type AdapterModule } from '@stemcell/core'
import type { z } from '@stemcell/core/schema'
import { couchStores, type CouchStores } from './couch-stores.ts'
import { configuredOptions, SERVER_NEEDED, withFolder } from './couch-stores-options.ts'

/**
 * For configuration files: each store may be named on its own. Without `url` it is taken from `COUCHDB_URL`, without
 * `spill.dir` the folder that the program gives.
 */
const adapterModule: AdapterModule = {
  provides: {
    entityStore: { options: configuredOptions, create: (options) => configured(options).entityStore },
    subjectStore: { options: configuredOptions, create: (options) => configured(options).subjectStore },
    activationStore: {
      options: configuredOptions,
      create: (options, folder) => configured(options, folder).activationStore,
    },
  },
}

export default adapterModule

/** @throws ERR_CONFIG an option is wrong, or no server is named. */
function configured(options: unknown, folder?: string): CouchStores {
  const given = withFolder(options as z.output<typeof configuredOptions>, folder)
  const url = given.url === '' ? (process.env['COUCHDB_URL'] ?? '') : given.url
  if (url !== '') return couchStores({ ...given, url })
  throw new PlatformError('ERR_CONFIG', `@stemcell/spi-couchdb: url: ${SERVER_NEEDED}; COUCHDB_URL does the same`)
}
