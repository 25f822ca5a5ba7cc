import { PlatformError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Clock } from '../../time/clock.ts'
import { parseImageName } from './image-name.ts'
import { runtimeImage, type InspectedImage, type RuntimeImage } from './runtime-image.ts'

/** Who pulls images from a registry. */
export interface RegistryCredentials {
  readonly username: string
  readonly password: string
}

/** What an engine does with images. Both throw ERR_UNAVAILABLE as well. */
export interface ImageEngine {
  /** Undefined when the engine has none of that name. */
  inspectImage(image: string): Promise<InspectedImage | undefined>
  /** @throws ERR_IMAGE it cannot be had; the message is meant for the user, the engine's own words are the cause. */
  pull(image: string, credentials: RegistryCredentials | undefined): Promise<void>
}

/** Which images are run, and when they are pulled. */
export interface ImageSourceSettings {
  /** Whether the images of users are run. */
  readonly userImages: boolean
  /** `missing`: when the engine has none; `always`: also refreshes `latest`; `never`. Of the images of users. */
  readonly pull: 'always' | 'missing' | 'never'
  /** A `latest` that was pulled longer ago is pulled again, behind the start that asked. */
  readonly refreshMs: number
  readonly registries: Readonly<Record<string, RegistryCredentials>>
}

/**
 * Sees to it that an engine has an image. However many containers ask for one, it is pulled once. The platform's own
 * images are never pulled: they are made or loaded before.
 */
export class ImageSource {
  readonly #engine: ImageEngine
  readonly #settings: ImageSourceSettings
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #pulls = new Map<string, Promise<void>>()
  readonly #pulledMs = new Map<string, number>()

  constructor(engine: ImageEngine, settings: ImageSourceSettings, clock: Clock, logger: Logger) {
    this.#engine = engine
    this.#settings = settings
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * The image of a container to be made, once the engine has it.
   * @throws ERR_UNSUPPORTED not the name of an image, or users' images are not run here.
   * @throws ERR_IMAGE the user's cannot be had. @throws ERR_START_FAILED the platform's own is absent.
   * @throws ERR_UNAVAILABLE
   */
  async find(image: string, ofUser: boolean): Promise<RuntimeImage> {
    const { pull, userImages } = this.#settings
    if (ofUser && !userImages) {
      throw new PlatformError('ERR_UNSUPPORTED', 'images of users are not run here (userImages is false)')
    }
    const name = parseImageName(image)
    if (!name) {
      throw new PlatformError(ofUser ? 'ERR_IMAGE' : 'ERR_UNSUPPORTED', `'${image}' is not the name of an image.`)
    }
    const found = await this.#engine.inspectImage(image)
    if (found) {
      if (ofUser && pull === 'always' && name.tag === 'latest') this.#refresh(image, name.registry)
      return runtimeImage(found, ofUser)
    }
    if (!ofUser) {
      const fix = 'make it with stemcell images build, or load it into the engine'
      const userHint = `The platform has no image ${image} for it: its operator can ${fix}.`
      throw new PlatformError('ERR_START_FAILED', `the engine has no image ${image}: ${fix}`, { userHint })
    }
    if (pull === 'never') throw new PlatformError('ERR_IMAGE', `There is no container image '${image}'.`)
    await this.#pull(image, name.registry)
    const pulled = await this.#engine.inspectImage(image)
    if (!pulled) throw new PlatformError('ERR_IMAGE', `Failed to pull container image '${image}'.`)
    return runtimeImage(pulled, ofUser)
  }

  #refresh(image: string, registry: string): void {
    const last = this.#pulledMs.get(image)
    if (last !== undefined && this.#clock.monotonic() - last < this.#settings.refreshMs) return
    this.#pull(image, registry).catch((err: unknown) =>
      this.#logger.warn({ err, image }, 'image not refreshed: the present one stays in use'),
    )
  }

  #pull(image: string, registry: string): Promise<void> {
    let pull = this.#pulls.get(image)
    if (!pull) {
      this.#pulledMs.set(image, this.#clock.monotonic())
      pull = this.#engine.pull(image, this.#settings.registries[registry]).finally(() => this.#pulls.delete(image))
      this.#pulls.set(image, pull)
    }
    return pull
  }
}
