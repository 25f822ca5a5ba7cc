import type { AdapterModule, ConfigurableAdapter } from '@stemcell/core'
import { z } from '@stemcell/core/schema'
import { combinators } from './combinators/combinators.ts'
import { samples } from './samples/samples.ts'
import { utils } from './utils/utils.ts'

const options = z.strictObject({})

function without(create: ConfigurableAdapter['create']): ConfigurableAdapter {
  return { options, create }
}

/** For configuration files. None of the packages has options. */
const adapterModule: AdapterModule = {
  provides: {
    'systemPackages.utils': without(utils),
    'systemPackages.samples': without(samples),
    'systemPackages.combinators': without(combinators),
  },
}

export default adapterModule
