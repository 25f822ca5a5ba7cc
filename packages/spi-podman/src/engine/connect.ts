import type { z } from '@stemcell/core/schema'
import { isPlatformError, PlatformError, type Clock, type Logger } from '@stemcell/core'
import { isSuccess, reasonOf, type LibpodClient } from './libpod-client.ts'
import * as wire from './wire.ts'
import type { EngineTraits } from './engine-traits.ts'

const PAUSE_MS = 100
/** Needed for what is promised of containers. */
const CONTROLLERS = ['memory', 'cpu', 'pids']
const OLDEST_MAJOR = 4

export interface ConnectOptions {
  readonly socketPath: string
  readonly timeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
  /** Nobody wants it any more: the attempt at hand is the last. */
  readonly stop: AbortSignal
}

/**
 * Resolves once the engine answers, and checks that it can keep what is promised of its containers.
 * @throws ERR_CONFIG      the socket may not be used or is none of Podman's, or limits cannot be set.
 * @throws ERR_UNAVAILABLE nothing answered within `timeoutMs`.
 */
export async function connect(
  client: LibpodClient,
  { socketPath, timeoutMs, clock, logger, stop }: ConnectOptions,
): Promise<EngineTraits> {
  const deadline = clock.monotonic() + timeoutMs
  for (;;) {
    try {
      const answer = await client.call('GET', '/info', { timeoutMs: Math.max(1, deadline - clock.monotonic()) })
      if (!isSuccess(answer)) {
        const what = `${socketPath} does not speak Podman's API (${reasonOf(answer)})`
        throw unusable('socketPath', `${what}: name Podman's own socket, or use @stemcell/spi-docker`)
      }
      return traitsOf(wire.read(wire.info, answer.body), logger)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_UNAVAILABLE')) throw error
      if (codeOf(error) === 'EACCES') {
        throw unusable(
          'socketPath',
          `no permission for ${socketPath}: run as its owner, or give this user access`,
          error,
        )
      }
      if (stop.aborted || clock.monotonic() >= deadline) throw silent(socketPath, error)
    }
    await clock.sleep(PAUSE_MS, stop)
  }
}

function traitsOf({ host, version }: z.output<typeof wire.info>, logger: Logger): EngineTraits {
  const { rootless } = host.security
  const major = Number(version.Version.split('.')[0])
  if (major < OLDEST_MAJOR) throw unusable('socketPath', `Podman ${version.Version} is too old: install 4.0 or newer`)
  const missing = CONTROLLERS.filter((name) => !host.cgroupControllers?.includes(name))
  if (missing.length > 0) {
    const fix = rootless
      ? 'boot with cgroup version 2 and delegate them to the user (systemd: Delegate=cpu memory pids), or run as root'
      : 'boot the machine with them (cgroup_enable=memory)'
    throw unusable('the engine', `no cgroup controller for ${missing.join(', ')}: ${fix}`)
  }
  const { name } = host.ociRuntime
  if (name === 'crun' && host.cgroupVersion === 'v1') {
    logger.warn({ ociRuntime: name }, 'crun may refuse cgroup version 1: if starts fail, set ociRuntime to runc')
  }
  return { rootless, networkBackend: host.networkBackend, userNetwork: major >= 5 ? 'pasta' : 'slirp4netns' }
}

function unusable(option: string, reason: string, cause?: unknown): PlatformError {
  return new PlatformError('ERR_CONFIG', `@stemcell/spi-podman: ${option}: ${reason}`, { cause })
}

function silent(socketPath: string, cause: unknown): PlatformError {
  const fix =
    'start its service (systemctl start podman.socket, or podman system service --time=0 unix://…), or set socketPath'
  const what = `no Podman answers at ${socketPath} (${codeOf(cause)})`
  return new PlatformError('ERR_UNAVAILABLE', `@stemcell/spi-podman: ${what}: ${fix}`, { cause })
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer'
}
