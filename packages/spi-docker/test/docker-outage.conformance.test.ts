import type { ContainerFactory } from '@stemcell/core'
import { containerFactoryCases, containerSubject, type ContainerSubject } from '@stemcell/conformance'
import { runConformance } from '@stemcell/conformance/vitest'
import { afterAll, afterEach, beforeEach } from 'vitest'
import { CutOffSockets } from '../../../test/cut-off-socket.ts'
import { describeWith } from '../../../test/describe-with.ts'
import { useEngine } from './engine.ts'

describeWith('docker', 'containers on a Docker that is away for a while', (socketPath) => {
  const engine = useEngine(socketPath)
  const sockets = new CutOffSockets<ContainerFactory>(socketPath)
  beforeEach(() => sockets.prepare())
  afterEach(() => sockets.close())
  afterAll(() => sockets.remove())

  runConformance<ContainerSubject>(
    'ContainerFactory',
    'docker that is cut off',
    containerFactoryCases.filter(({ needs }) => needs?.includes('disrupt')),
    {
      create: () =>
        containerSubject(() => sockets.create((path) => engine.factory({ socketPath: path })), {
          spec: { image: engine.image },
        }),
      disrupt: ({ factory }) => sockets.disrupt(factory),
      restore: ({ factory }) => sockets.restore(factory),
      patienceMs: 60_000,
    },
  )
})
