import type { AdapterModule } from '@stemcell/core'
import { z } from 'zod'
import { myQueue } from './index.js'

const options = z.strictObject({ url: z.string().min(1) })

/** For configuration files: `{ "adapter": "__NAME__", "options": { … } }`. */
const adapterModule: AdapterModule = {
  provides: {
    queue: { options, create: (given) => myQueue(options.parse(given)) },
  },
}

export default adapterModule
