export { isStored, type StoreLevel, type StoreLevels } from '../../model/store-level.ts'
