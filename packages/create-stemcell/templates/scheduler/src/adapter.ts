import type { AdapterModule } from '@stemcell/core'
import { z } from 'zod'
import { myScheduler } from './index.js'

/** For configuration files: `"loadBalancer": { "adapter": "__NAME__" }`. */
const adapterModule: AdapterModule = {
  provides: {
    loadBalancer: { options: z.strictObject({}), create: () => myScheduler() },
  },
}

export default adapterModule
