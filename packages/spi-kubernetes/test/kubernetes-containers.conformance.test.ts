import { runContainerFactoryConformance } from '@stemcell/conformance/vitest'
import { describe, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { useCluster } from './cluster.ts'

// A kubelet takes a second or two for each pod, to begin it and to end it.
vi.setConfig({ testTimeout: 240_000 })

describeWith('kubernetes', 'containers on Kubernetes', (kubeconfig) => {
  const cluster = useCluster(kubeconfig)

  // Most of a case is waiting for the kubelet, and each has pods of its own.
  describe.concurrent('several cases at a time', () => {
    runContainerFactoryConformance('kubernetes', {
      create: () => cluster.factory(),
      capabilities: {
        suspend: false,
        memoryLimit: true,
        cpuLimit: true,
        images: true,
        attributedLogs: true,
        isolation: 'container',
      },
      spec: { image: cluster.image },
      unsupported: { image: 'not/:an image' },
      patienceMs: 60_000,
    })
  })
})
