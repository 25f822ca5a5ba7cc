import { vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { useEngineServer } from './harness/use-engine-server.ts'
import { Actions } from './languages/actions.ts'
import { engineCases } from './languages/engine-cases.ts'
import { nativeCases } from './languages/native-cases.ts'
import { nodejsCases } from './languages/nodejs-cases.ts'
import { pythonCases } from './languages/python-cases.ts'

vi.setConfig({ testTimeout: 60_000 })

describeWith('docker', 'every language in containers of Docker', (socketPath) => {
  const actions = new Actions(useEngineServer('docker', socketPath, {}))

  nodejsCases(actions)
  pythonCases(actions)
  nativeCases(actions)
  engineCases(actions, 'docker', socketPath)
})
