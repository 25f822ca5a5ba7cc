import { test } from 'vitest'
import { runRuntimeTransportConformance } from '@stemcell/conformance/vitest'
import { startLoop } from './loop-runtime.ts'
import { onPath } from '../../../test/test-with.ts'

const ACTION = {
  name: 'echo',
  main: 'main',
  binary: false,
  code: `import time
def main(value):
    time.sleep(value.get("holdMs", 0) / 1000)
    return value`,
}

if (onPath('python3')) {
  runRuntimeTransportConformance('runtime-actionloop, Python', {
    create: async () => ({ socketPath: (await startLoop('python')).socket, action: ACTION }),
    patienceMs: 20_000,
  })
} else {
  process.stdout.write('skipped RuntimeTransport conformance of Python: there is no python3 in PATH\n')
  test.skip('RuntimeTransport conformance of Python (there is no python3 in PATH)')
}
