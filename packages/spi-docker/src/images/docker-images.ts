import { PlatformError, isPlatformError, type Clock } from '@stemcell/core'
import {
  parseImageName,
  type ImageEngine,
  type InspectedImage,
  type RegistryCredentials,
} from '@stemcell/core/container-engine'
import type Dockerode from 'dockerode'
import type { Readable } from 'node:stream'
import { statusOf, toPlatformError, unless } from '../engine/to-platform-error.ts'

/** A platform image is looked at again after so long: an operator may have built it anew. */
const KNOWN_FOR_MS = 30_000
const MAX_KNOWN = 1_000

interface Known {
  readonly image: InspectedImage
  readonly sinceMs: number
}

/** The images of a Docker Engine. */
export class DockerImages implements ImageEngine {
  readonly #docker: Dockerode
  readonly #pullTimeoutMs: number
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()

  constructor(docker: Dockerode, pullTimeoutMs: number, clock: Clock) {
    this.#docker = docker
    this.#pullTimeoutMs = pullTimeoutMs
    this.#clock = clock
  }

  async inspectImage(name: string): Promise<InspectedImage | undefined> {
    const known = this.#known.get(name)
    if (known && this.#clock.monotonic() - known.sinceMs < KNOWN_FOR_MS) return known.image
    try {
      const inspected = await unless([404], this.#docker.getImage(name).inspect())
      if (!inspected) return undefined
      const { Id, Config } = inspected as Inspected
      const image = { id: Id, user: Config.User ?? '', labels: Config.Labels ?? {} }
      if (this.#known.size >= MAX_KNOWN) this.#known.clear()
      this.#known.set(name, { image, sinceMs: this.#clock.monotonic() })
      return image
    } catch (error) {
      throw toPlatformError(error, `image ${name}`)
    }
  }

  /** What is known of it may be wrong: look again next time. */
  forget(name: string): void {
    this.#known.delete(name)
  }

  /** Fails with ERR_IMAGE also when it took longer than `pullTimeoutMs`. */
  async pull(name: string, credentials: RegistryCredentials | undefined): Promise<void> {
    const late = new AbortController()
    const timer = this.#clock.setTimer(this.#pullTimeoutMs, () => late.abort())
    try {
      const { registry = '', tag = 'latest' } = parseImageName(name) ?? {}
      // Without a tag the engine would fetch all there are.
      const whole = tag === 'latest' && !name.endsWith(':latest') ? `${name}:latest` : name
      const options = {
        abortSignal: late.signal,
        ...(credentials && { authconfig: { ...credentials, serveraddress: registry } }),
      }
      const progress = (await this.#docker.pull(whole, options)) as Readable
      await this.#follow(progress, late.signal)
      this.forget(name)
    } catch (error) {
      if (isPlatformError(error)) throw error
      // The engine passes on what the registry said; anything but silence of the engine is the image's fault.
      if (!late.signal.aborted && statusOf(error) === undefined) throw toPlatformError(error, `pull of ${name}`)
      throw new PlatformError('ERR_IMAGE', `Failed to pull container image '${name}'.`, { cause: error })
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

interface Inspected {
  readonly Id: string
  readonly Config: { readonly User?: string; readonly Labels?: Readonly<Record<string, string>> | null }
}
