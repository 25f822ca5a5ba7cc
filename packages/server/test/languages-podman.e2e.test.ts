import { vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { useEngineServer } from './harness/use-engine-server.ts'
import { Actions } from './languages/actions.ts'
import { engineCases } from './languages/engine-cases.ts'
import { nativeCases } from './languages/native-cases.ts'
import { nodejsCases } from './languages/nodejs-cases.ts'
import { pythonCases } from './languages/python-cases.ts'

vi.setConfig({ testTimeout: 60_000 })

describeWith('podman', 'every language in containers of Podman', (socketPath) => {
  const actions = new Actions(useEngineServer('podman', socketPath, { ociRuntime: 'runc' }))

  nodejsCases(actions)
  pythonCases(actions)
  nativeCases(actions)
  engineCases(actions, 'podman', socketPath)
})
