import type { AdapterModule } from '@stemcell/core'
import { gateway } from './gateway.ts'
import { gatewayOptions } from './gateway-options.ts'

/** For configuration files. */
const adapterModule: AdapterModule = {
  provides: {
    'systemPackages.apimgmt': { options: gatewayOptions, create: (options) => gateway(gatewayOptions.parse(options)) },
  },
}

export default adapterModule
