export { fileLogStore, type FileLogStore } from './file-log-store.ts'
export { fileLogStoreOptions, type FileLogStoreOptions } from './file-log-store-options.ts'
