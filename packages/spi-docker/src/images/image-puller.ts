import { PlatformError, isPlatformError, type Clock } from '@stemcell/core'
import { parseImageName } from '@stemcell/core/container-engine'
import type Dockerode from 'dockerode'
import type { Readable } from 'node:stream'
import type { DockerContainersSettings } from '../docker-containers-options.ts'
import { statusOf, toPlatformError } from '../engine/to-platform-error.ts'

/** Fetches images; everybody who wants the same one waits for the same fetching. */
export class ImagePuller {
  readonly #docker: Dockerode
  readonly #settings: DockerContainersSettings
  readonly #clock: Clock
  readonly #pulling = new Map<string, Promise<void>>()

  constructor(docker: Dockerode, settings: DockerContainersSettings, clock: Clock) {
    this.#docker = docker
    this.#settings = settings
    this.#clock = clock
  }

  /**
   * @throws ERR_IMAGE the registry does not have it, or does not give it to us, or did not within `pullTimeoutMs`.
   * @throws ERR_UNAVAILABLE the engine does not answer.
   */
  pull(name: string): Promise<void> {
    const going = this.#pulling.get(name)
    if (going) return going
    const pull = this.#pull(name).finally(() => this.#pulling.delete(name))
    this.#pulling.set(name, pull)
    return pull
  }

  async #pull(name: string): Promise<void> {
    const late = new AbortController()
    const timer = this.#clock.setTimer(this.#settings.pullTimeoutMs, () => late.abort())
    try {
      const { registry = '', tag = 'latest' } = parseImageName(name) ?? {}
      // Without a tag the engine would fetch all there are.
      const whole = tag === 'latest' && !name.endsWith(':latest') ? `${name}:latest` : name
      const login = this.#settings.registries[registry]
      const options = {
        abortSignal: late.signal,
        ...(login && { authconfig: { ...login, serveraddress: registry } }),
      }
      const progress = (await this.#docker.pull(whole, options)) as Readable
      await this.#follow(progress, late.signal)
    } catch (error) {
      if (isPlatformError(error)) throw error
      // The engine passes on what the registry said; anything but silence of the engine is the image's fault.
      if (late.signal.aborted || statusOf(error) !== undefined) throw failed(name, error)
      throw toPlatformError(error, `pull of ${name}`)
    } finally {
      timer.cancel()
    }
  }

  /** The engine says 200 first, and in its progress whether it worked. */
  #follow(progress: Readable, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => void progress.destroy(new Error('the pull took too long'))
      signal.addEventListener('abort', stop, { once: true })
      this.#docker.modem.followProgress(progress, (error: Error | null) => {
        signal.removeEventListener('abort', stop)
        if (!error) resolve()
        // A broken connection has a code; what the engine itself reports has none.
        else if ('code' in error) reject(error)
        else reject(Object.assign(new Error('the engine reported', { cause: error }), { statusCode: 404 }))
      })
    })
  }
}

function failed(name: string, cause: unknown): PlatformError {
  return new PlatformError('ERR_IMAGE', `Failed to pull container image '${name}'.`, { cause })
}
