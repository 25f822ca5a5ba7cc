import { engineOptions } from '@stemcell/core/container-engine'
import { z } from '@stemcell/core/schema'

/** Options of {@link podmanContainers}. */
export const podmanContainersOptions = z.strictObject({
  ...engineOptions,
  /** Unix socket of Podman's service. Default: `/run/podman/podman.sock`, or `/run/user/<uid>/podman/podman.sock`. */
  socketPath: z.string().startsWith('/').optional(),
  /** Longest wait for any other answer of the engine. */
  engineTimeoutMs: z.int().min(1).max(600_000).default(60_000),
  /** Private folder for the sockets of containers, at the same path for the engine. Default: `<tmp>/stemcell-podman-<uid>`. */
  dir: z.string().startsWith('/').optional(),
  /** Processes of one user in all containers together. More than Podman's own limit may be denied. */
  userProcesses: z.int().min(64).max(4_194_304).default(32_768),
  /** OCI runtime by name or path, e.g. `runc`. Default: the engine's own. */
  ociRuntime: z.string().min(1).optional(),
  /** Parent of the control groups of containers, e.g. `/stemcell`. Default: the engine's own. */
  cgroupParent: z.string().startsWith('/').optional(),
})

export type PodmanContainersOptions = z.input<typeof podmanContainersOptions>
export type PodmanContainersSettings = z.output<typeof podmanContainersOptions>
