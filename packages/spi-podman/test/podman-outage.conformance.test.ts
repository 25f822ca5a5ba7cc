import { rmSync } from 'node:fs'
import { adapterContext, type ContainerFactory } from '@stemcell/core'
import { containerFactoryCases, containerSubject, type ContainerSubject } from '@stemcell/conformance'
import { runConformance } from '@stemcell/conformance/vitest'
import { podmanContainers } from '@stemcell/spi-podman'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { CutOffSockets } from '../../../test/cut-off-socket.ts'
import { describeWith } from '../../../test/describe-with.ts'
import { IMAGE, provideImage, settings, temporaryFolder } from './harness.ts'

describeWith('podman', 'containers on a Podman that is away for a while', (socket) => {
  const dir = temporaryFolder()
  const sockets = new CutOffSockets<ContainerFactory>(socket)
  beforeAll(() => provideImage(socket), 60_000)
  beforeEach(() => sockets.prepare())
  afterEach(() => sockets.close())
  afterAll(() => {
    sockets.remove()
    rmSync(dir, { recursive: true, force: true })
  })

  runConformance<ContainerSubject>(
    'ContainerFactory',
    'podman that is cut off',
    containerFactoryCases.filter(({ needs }) => needs?.includes('disrupt')),
    {
      create: () =>
        containerSubject(
          () => sockets.create((path) => podmanContainers(settings(path, dir)).build(adapterContext())),
          { spec: { image: IMAGE } },
        ),
      disrupt: ({ factory }) => sockets.disrupt(factory),
      restore: ({ factory }) => sockets.restore(factory),
      patienceMs: 60_000,
    },
  )
})
