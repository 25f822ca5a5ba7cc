export { levelStores, type LevelStores } from './level-stores.ts'
export { levelStoresOptions, type LevelStoresOptions } from './level-stores-options.ts'
export { LevelActivationStore } from './level-activation-store.ts'
export { repairLevelStores, type RepairReport } from './repair-level-stores.ts'
