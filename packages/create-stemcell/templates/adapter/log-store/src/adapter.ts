import type { AdapterModule } from '@stemcell/core'
import { z } from 'zod'
import { myLogStore } from './index.js'

const options = z.strictObject({ maxActivations: z.int().min(1).default(10_000) })

/** For configuration files: `{ "adapter": "__NAME__", "options": { … } }`. */
const adapterModule: AdapterModule = {
  provides: {
    logStore: { options, create: (given) => myLogStore(options.parse(given)) },
  },
}

export default adapterModule
