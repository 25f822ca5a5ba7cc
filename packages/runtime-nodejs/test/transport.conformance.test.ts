import { runRuntimeTransportConformance } from '@stemcell/conformance/vitest'
import { startRuntime } from './runtime-process.ts'

const ACTION = {
  name: 'echo',
  main: 'main',
  binary: false,
  code: `function main(value) {
    return value.holdMs ? new Promise((resolve) => setTimeout(resolve, value.holdMs, value)) : value }`,
}
const ENVIRONMENT = { STEMCELL_LOGS: 'attributed', STEMCELL_LOG_TOKEN: 'tok_0123456789abcdef' }

runRuntimeTransportConformance('runtime-nodejs', {
  create: async () => ({ socketPath: (await startRuntime({ env: ENVIRONMENT })).socket, action: ACTION }),
  patienceMs: 20_000,
})
