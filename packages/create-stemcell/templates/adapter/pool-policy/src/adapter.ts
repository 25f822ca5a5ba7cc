import type { AdapterModule } from '@stemcell/core'
import { z } from 'zod'
import { myPoolPolicy } from './index.js'

const options = z.strictObject({ keepMs: z.int().min(0).default(600_000) })

/** For configuration files: `{ "adapter": "__NAME__", "options": { … } }`. */
const adapterModule: AdapterModule = {
  provides: {
    poolPolicy: { options, create: (given) => myPoolPolicy(options.parse(given)) },
  },
}

export default adapterModule
