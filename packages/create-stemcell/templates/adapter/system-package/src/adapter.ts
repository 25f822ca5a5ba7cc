import type { AdapterModule } from '@stemcell/core'
import { z } from 'zod'
import { myPackage } from './index.js'

const options = z.strictObject({ greeting: z.string().default('Hello') })

/** For configuration files: `{ "adapter": "__NAME__", "options": { … } }`. */
const adapterModule: AdapterModule = {
  provides: {
    'systemPackages.my-package': { options, create: (given) => myPackage(options.parse(given)) },
  },
}

export default adapterModule
