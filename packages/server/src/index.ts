export { configSchema, type AdapterSource, type Config } from './config/config-schema.ts'
export { readConfig, type ConfigOverrides } from './config/read-config.ts'
export { startStandalone, type Standalone, type StandaloneOptions } from './standalone/standalone.ts'
