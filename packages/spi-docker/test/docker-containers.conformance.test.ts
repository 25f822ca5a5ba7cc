import { runContainerFactoryConformance } from '@stemcell/conformance/vitest'
import { vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { useEngine } from './engine.ts'

// Engines take their time when the machine has other work, and fifty containers are many.
vi.setConfig({ testTimeout: 240_000 })

describeWith('docker', 'containers on Docker', (socketPath) => {
  const engine = useEngine(socketPath)

  runContainerFactoryConformance('docker', {
    create: () => engine.factory(),
    capabilities: {
      suspend: true,
      memoryLimit: true,
      cpuLimit: true,
      images: true,
      attributedLogs: true,
      isolation: 'container',
    },
    spec: { image: engine.image },
    unsupported: { image: 'not/:an image' },
    patienceMs: 60_000,
  })
})
