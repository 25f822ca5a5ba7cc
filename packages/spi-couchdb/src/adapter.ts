import { PlatformError, type AdapterModule } from '@stemcell/core'
import { couchStores, type CouchStores } from './couch-stores.ts'
import { configuredOptions, SERVER_NEEDED, type CouchStoresOptions } from './couch-stores-options.ts'

/** For configuration files: each store may be named on its own. Without `url` it is taken from `COUCHDB_URL`. */
const adapterModule: AdapterModule = {
  provides: {
    entityStore: { options: configuredOptions, create: (options) => configured(options).entityStore },
    subjectStore: { options: configuredOptions, create: (options) => configured(options).subjectStore },
    activationStore: { options: configuredOptions, create: (options) => configured(options).activationStore },
  },
}

export default adapterModule

/** @throws ERR_CONFIG an option is wrong, or no server is named. */
function configured(options: unknown): CouchStores {
  const given = { ...(options as CouchStoresOptions) }
  given.url ??= process.env['COUCHDB_URL'] ?? ''
  if (given.url !== '') return couchStores(given)
  throw new PlatformError('ERR_CONFIG', `@stemcell/spi-couchdb: url: ${SERVER_NEEDED}; COUCHDB_URL does the same`)
}
