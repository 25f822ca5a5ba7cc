import { engineOptions } from '@stemcell/core/container-engine'
import { z } from '@stemcell/core/schema'

/** Options of {@link dockerContainers}. */
export const dockerContainersOptions = z.strictObject({
  ...engineOptions,
  /** Unix socket of the engine. */
  socketPath: z.string().startsWith('/').default('/var/run/docker.sock'),
  /** Private folder for the sockets of containers, at the same path for the engine. Default: `<tmp>/stemcell-docker-<uid>`. */
  dir: z.string().startsWith('/').optional(),
})

export type DockerContainersOptions = z.input<typeof dockerContainersOptions>
export type DockerContainersSettings = z.output<typeof dockerContainersOptions>
