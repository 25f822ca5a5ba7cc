import type { AdapterModule } from '@stemcell/core'
import { z } from 'zod'
import { myStores } from './index.js'

const options = z.strictObject({ url: z.string().min(1) })

/** For configuration files: `{ "adapter": "__NAME__", "options": { … } }`. */
const adapterModule: AdapterModule = {
  provides: {
    entityStore: { options, create: (given) => myStores(options.parse(given)).entityStore },
    subjectStore: { options, create: (given) => myStores(options.parse(given)).subjectStore },
    activationStore: { options, create: (given) => myStores(options.parse(given)).activationStore },
  },
}

export default adapterModule
