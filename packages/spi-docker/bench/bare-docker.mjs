// The floor of a container's life on Docker: dockerode and nothing else, asked for the same container.
import Dockerode from 'dockerode'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { socketIn } from '@stemcell/core/container-engine'
import { dockerContainersOptions } from '@stemcell/spi-docker'
import { createOptions } from '../dist/container/create-options.js'

const settings = dockerContainersOptions.parse({})

export function bareDocker({ socketPath, dir }) {
  const docker = new Dockerode({ socketPath })
  return {
    networkOf: async (id) => (await docker.getContainer(id).inspect()).HostConfig.NetworkMode,
    /** Resolves when the engine has started it; whether its program listens is another question. */
    start: async (spec, network) => {
      const maker = { factory: 'bare', key: randomBytes(6).toString('hex') }
      const folder = join(dir, maker.key)
      mkdirSync(folder)
      chmodSync(folder, 0o777)
      const image = {
        name: spec.image,
        id: spec.image,
        own: true,
        hasSocket: true,
        attributesLogs: false,
        isRoot: false,
      }
      const plan = { spec, image, maker, network, address: 'socket', folder, logToken: undefined, settings }
      const container = await docker.createContainer(createOptions(plan))
      await container.start()
      return {
        endpoint: socketIn(folder),
        suspend: () => container.pause(),
        resume: () => container.unpause(),
        destroy: () => container.remove({ force: true, v: true }),
      }
    },
    close: async () => undefined,
  }
}
