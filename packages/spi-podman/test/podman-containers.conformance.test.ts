import { rmSync } from 'node:fs'
import { afterAll, beforeAll, vi } from 'vitest'
import { adapterContext } from '@stemcell/core'
import { runContainerFactoryConformance } from '@stemcell/conformance/vitest'
import { podmanContainers } from '@stemcell/spi-podman'
import { describeWith } from '../../../test/describe-with.ts'
import { IMAGE, provideImage, settings, temporaryFolder } from './harness.ts'

// Engines take their time when the machine has other work, and fifty containers are many.
vi.setConfig({ testTimeout: 240_000 })

describeWith('podman', 'spi-podman', (socket) => {
  const dir = temporaryFolder()
  beforeAll(() => provideImage(socket), 60_000)
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  for (const [name, options] of [
    ['podman', {}],
    ['podman, no network, cgroup freezer', { network: 'none', suspendThrough: 'freezer' }],
  ] as const) {
    const adapter = podmanContainers({ ...settings(socket, dir), ...options })
    runContainerFactoryConformance(name, {
      create: () => adapter.build(adapterContext()),
      capabilities: {
        suspend: true,
        memoryLimit: true,
        cpuLimit: true,
        images: true,
        attributedLogs: true,
        isolation: 'container',
      },
      spec: { image: IMAGE },
      unsupported: { image: 'Not an image' },
      patienceMs: 60_000,
    })
  }
})
