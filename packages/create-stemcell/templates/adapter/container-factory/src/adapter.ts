import type { AdapterModule } from '@stemcell/core'
import { z } from 'zod'
import { myContainers } from './index.js'

const options = z.strictObject({ url: z.string().min(1) })

/** For configuration files: `{ "adapter": "__NAME__", "options": { … } }`. */
const adapterModule: AdapterModule = {
  provides: {
    containers: { options, create: (given) => myContainers(options.parse(given)) },
  },
}

export default adapterModule
