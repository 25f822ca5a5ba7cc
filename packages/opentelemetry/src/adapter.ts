import type { AdapterModule } from '@stemcell/core'
import { otlpLogStore, otlpLogStoreOptions, type OtlpLogStoreOptions } from './otlp-log-store.ts'

/** For configuration files: `{ "logStore": { "adapter": "@stemcell/opentelemetry" } }`. */
const adapterModule: AdapterModule = {
  provides: {
    logStore: {
      options: otlpLogStoreOptions,
      create: (options) => otlpLogStore(options as OtlpLogStoreOptions),
    },
  },
}

export default adapterModule
