export { configSchema, type Config } from './config/config-schema.ts'
export { readConfig } from './config/read-config.ts'
export { startStandalone, stopOnSignals, type StandaloneOptions } from './standalone/standalone.ts'
