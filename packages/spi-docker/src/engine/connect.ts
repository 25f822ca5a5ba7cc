import { PlatformError, type Clock } from '@stemcell/core'
import Dockerode from 'dockerode'
import { inTime } from './in-time.ts'
import { reasonOf, statusOf } from './to-platform-error.ts'

const PAUSE_MS = 100
const LONG_MS = 1_000_000

/**
 * Resolves once the engine answers, and checks that it can enforce what is promised of its containers.
 * When `stop` aborts, the attempt at hand is the last.
 * @throws ERR_CONFIG      the socket may not be used, or the engine cannot limit memory or freeze containers.
 * @throws ERR_UNAVAILABLE nothing answered within `timeoutMs`.
 */
export async function connect(
  socketPath: string,
  timeoutMs: number,
  clock: Clock,
  stop?: AbortSignal,
): Promise<Dockerode> {
  // Timers of the clock do not keep the process alive, and between two attempts there is nothing else yet.
  const alive = setInterval(() => undefined, LONG_MS)
  try {
    return await attempt(socketPath, timeoutMs, clock, stop)
  } finally {
    clearInterval(alive)
  }
}

async function attempt(
  socketPath: string,
  timeoutMs: number,
  clock: Clock,
  stop: AbortSignal | undefined,
): Promise<Dockerode> {
  const docker = new Dockerode({ socketPath })
  const deadline = clock.monotonic() + timeoutMs
  for (;;) {
    try {
      await inTime(docker.ping(), Math.max(1, deadline - clock.monotonic()), clock)
      await check(docker)
      return docker
    } catch (error) {
      if (isPermanent(error)) throw permanent(socketPath, error)
      if (stop?.aborted === true || clock.monotonic() >= deadline) throw silent(socketPath, error)
    }
    await clock.sleep(PAUSE_MS, stop)
  }
}

async function check(docker: Dockerode): Promise<void> {
  const info = (await docker.info()) as Readonly<Record<string, unknown>>
  const missing = [
    info['MemoryLimit'] === true ? '' : 'the memory cgroup controller (on cgroup v1 boot with cgroup_enable=memory)',
    info['CpuCfsQuota'] === true || info['CPUCfsQuota'] === true ? '' : 'the cpu cgroup controller',
    info['PidsLimit'] === false ? 'the pids cgroup controller' : '',
    info['OSType'] === 'linux' ? '' : 'Linux containers',
  ].filter((text) => text !== '')
  if (missing.length === 0) return
  const driver = `cgroup driver ${String(info['CgroupDriver'])}, version ${String(info['CgroupVersion'])}`
  throw new PlatformError('ERR_CONFIG', `@stemcell/spi-docker: the engine lacks ${missing.join(', ')} (${driver})`)
}

function isPermanent(error: unknown): boolean {
  return error instanceof PlatformError || statusOf(error) !== undefined || reasonOf(error) === 'EACCES'
}

function permanent(socketPath: string, error: unknown): PlatformError {
  if (error instanceof PlatformError) return error
  const fix =
    reasonOf(error) === 'EACCES'
      ? `no permission for ${socketPath}: add this user to the group of the socket (usermod -aG docker USER), or run as root`
      : `${socketPath} is not a Docker Engine (${reasonOf(error)})`
  return new PlatformError('ERR_CONFIG', `@stemcell/spi-docker: socketPath: ${fix}`, { cause: error })
}

function silent(socketPath: string, error: unknown): PlatformError {
  const fix = 'start it (systemctl start docker), or set socketPath to where it listens'
  const what = `no Docker Engine answers at ${socketPath} (${reasonOf(error)})`
  return new PlatformError('ERR_UNAVAILABLE', `@stemcell/spi-docker: ${what}: ${fix}`, { cause: error })
}
