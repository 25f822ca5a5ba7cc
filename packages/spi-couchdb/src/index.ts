export { couchStores, type CouchStores } from './couch-stores.ts'
export { couchStoresOptions, type CouchStoresOptions } from './couch-stores-options.ts'
