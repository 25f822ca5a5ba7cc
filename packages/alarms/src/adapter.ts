import type { AdapterModule } from '@stemcell/core'
import { alarms } from './alarms.ts'
import { alarmsOptions } from './alarms-options.ts'

/** For configuration files. */
const adapterModule: AdapterModule = {
  provides: {
    'systemPackages.alarms': { options: alarmsOptions, create: (options) => alarms(alarmsOptions.parse(options)) },
  },
}

export default adapterModule
