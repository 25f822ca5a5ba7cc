import type { Clock } from '@stemcell/core'
import type Dockerode from 'dockerode'
import { inTime } from '../engine/in-time.ts'
import { statusOf, toPlatformError, unless } from '../engine/to-platform-error.ts'

/** For one try, and for all of them. */
const TRY_MS = 20_000
const PATIENCE_MS = 10_000
const PAUSE_MS = 20

/**
 * Kills and removes a container in whatever state it is; resolves when the engine has none of that id or name.
 * @throws ERR_UNAVAILABLE the engine did not do it in time.
 */
export async function removeContainer(docker: Dockerode, id: string, clock: Clock): Promise<void> {
  const container = docker.getContainer(id)
  const deadline = clock.monotonic() + PATIENCE_MS
  for (let isPaused = false; ;) {
    try {
      if (isPaused) await inTime(unless([404, 409, 500], container.unpause()), TRY_MS, clock)
      // 409: somebody else is removing it. The next look tells when that is done.
      if (
        await unless(
          [409],
          container.remove({ force: true, v: true }).then(() => true),
        )
      )
        return
    } catch (error) {
      if (statusOf(error) === 404) return
      if (clock.monotonic() >= deadline) throw toPlatformError(error, `removal of container ${id}`)
      // Not every version of the engine kills what is paused.
      isPaused = statusOf(error) !== undefined
    }
    if (clock.monotonic() >= deadline) throw toPlatformError(new Error('still there'), `removal of container ${id}`)
    await clock.sleep(PAUSE_MS)
  }
}
