import type { AdapterModule } from '@stemcell/core'
import { z } from 'zod'
import { myAuth } from './index.js'

const options = z.strictObject({ users: z.array(z.strictObject({ namespace: z.string(), auth: z.string() })) })

/** For configuration files: `{ "adapter": "__NAME__", "options": { … } }`. */
const adapterModule: AdapterModule = {
  provides: {
    auth: { options, create: (given) => myAuth(options.parse(given)) },
  },
}

export default adapterModule
