import { PlatformError, type Clock, type ContainerSpec, type Logger } from '@stemcell/core'
import { parseImageName } from '@stemcell/core/container-engine'
import type Dockerode from 'dockerode'
import type { DockerContainersSettings } from '../docker-containers-options.ts'
import { toPlatformError, unless } from '../engine/to-platform-error.ts'
import { ImagePuller } from './image-puller.ts'
import { runtimeImage, type InspectedImage, type RuntimeImage } from './runtime-image.ts'

/** A platform image is looked at again after so long: an operator may have built it anew. */
const KNOWN_FOR_MS = 30_000
const MAX_KNOWN = 1_000

interface Known {
  readonly image: RuntimeImage
  readonly sinceMs: number
}

/** The images on the engine, and the fetching of those of users. */
export class Images {
  readonly #docker: Dockerode
  readonly #settings: DockerContainersSettings
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #puller: ImagePuller
  readonly #known = new Map<string, Known>()
  readonly #refreshedMs = new Map<string, number>()

  constructor(docker: Dockerode, settings: DockerContainersSettings, clock: Clock, logger: Logger) {
    this.#docker = docker
    this.#settings = settings
    this.#clock = clock
    this.#logger = logger
    this.#puller = new ImagePuller(docker, settings, clock)
  }

  /**
   * The image of a container to be made.
   * @throws ERR_UNSUPPORTED  it is none, or users' images are not run here.
   * @throws ERR_IMAGE        a user's image cannot be had.
   * @throws ERR_START_FAILED an image of the platform is not there.
   * @throws ERR_UNAVAILABLE  the engine does not answer.
   */
  async find({ image: name, userImage }: ContainerSpec): Promise<RuntimeImage> {
    const parsed = parseImageName(name)
    if (userImage && !this.#settings.userImages) {
      throw new PlatformError('ERR_UNSUPPORTED', 'images of users are not run here (userImages is false)')
    }
    if (!parsed) {
      const code = userImage ? 'ERR_IMAGE' : 'ERR_UNSUPPORTED'
      throw new PlatformError(code, `'${name}' is not the name of an image.`)
    }
    const found = await this.#onEngine(name, userImage)
    if (userImage && this.#settings.pull !== 'never') {
      if (!found) return this.#pull(name)
      if (parsed.tag === 'latest' && this.#settings.pull === 'always') this.#refresh(name)
    }
    if (found) return found
    if (userImage) throw new PlatformError('ERR_IMAGE', `There is no container image '${name}'.`)
    const fix = `stemcell images build, or docker pull ${name}`
    throw new PlatformError('ERR_START_FAILED', `the engine has no image ${name}: ${fix}`)
  }

  /** What is known of it may be wrong: look again next time. */
  forget(name: string): void {
    this.#known.delete(keyOf(name, false))
    this.#known.delete(keyOf(name, true))
  }

  async #onEngine(name: string, userImage: boolean): Promise<RuntimeImage | undefined> {
    const key = keyOf(name, userImage)
    const known = this.#known.get(key)
    if (known && this.#clock.monotonic() - known.sinceMs < KNOWN_FOR_MS) return known.image
    try {
      const inspected = await unless([404], this.#docker.getImage(name).inspect())
      if (!inspected) return undefined
      const image = runtimeImage(name, inspected as InspectedImage, userImage)
      if (this.#known.size >= MAX_KNOWN) this.#known.clear()
      this.#known.set(key, { image, sinceMs: this.#clock.monotonic() })
      return image
    } catch (error) {
      throw toPlatformError(error, `image ${name}`)
    }
  }

  async #pull(name: string): Promise<RuntimeImage> {
    await this.#puller.pull(name)
    this.#noteRefreshed(name)
    this.forget(name)
    const image = await this.#onEngine(name, true)
    if (image) return image
    throw new PlatformError('ERR_IMAGE', `Failed to pull container image '${name}'.`)
  }

  /** Behind everybody's back: containers are made from the image at hand meanwhile. */
  #refresh(name: string): void {
    const lastMs = this.#refreshedMs.get(name)
    if (lastMs !== undefined && this.#clock.monotonic() - lastMs < this.#settings.refreshMs) return
    this.#noteRefreshed(name)
    this.#puller.pull(name).then(
      () => this.forget(name),
      (err: unknown) => this.#logger.warn({ err, image: name }, 'an image could not be refreshed'),
    )
  }

  #noteRefreshed(name: string): void {
    if (this.#refreshedMs.size >= MAX_KNOWN) this.#refreshedMs.clear()
    this.#refreshedMs.set(name, this.#clock.monotonic())
  }
}

function keyOf(name: string, userImage: boolean): string {
  return `${userImage ? 'user' : 'platform'} ${name}`
}
