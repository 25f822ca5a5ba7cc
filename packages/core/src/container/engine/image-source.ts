import { PlatformError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Clock } from '../../time/clock.ts'
import { isImageName, isMovingTag, registryOf } from './image-name.ts'

export interface RegistryCredentials {
  readonly username: string
  readonly password: string
}

/** What an engine does with images. Both throw ERR_UNAVAILABLE as well. */
export interface ImageEngine {
  /** Labels of an image that the engine has; undefined when it has none of that name. */
  labelsOf(image: string): Promise<Readonly<Record<string, string>> | undefined>
  /** @throws ERR_IMAGE it cannot be had; the message is meant for the user, the engine's own words are the cause. */
  pull(image: string, credentials: RegistryCredentials | undefined): Promise<void>
}

export interface ImageSourceSettings {
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
   * The labels of an image, once the engine has it.
   * @throws ERR_UNSUPPORTED not the name of an image. @throws ERR_IMAGE the user's cannot be had.
   * @throws ERR_START_FAILED the platform's own is absent. @throws ERR_UNAVAILABLE
   */
  async labelsOf(image: string, ofUser: boolean): Promise<Readonly<Record<string, string>>> {
    if (!isImageName(image)) throw new PlatformError('ERR_UNSUPPORTED', `not the name of an image: '${image}'`)
    const { pull } = this.#settings
    const found = await this.#engine.labelsOf(image)
    if (found) {
      if (ofUser && pull === 'always' && isMovingTag(image)) this.#refresh(image)
      return found
    }
    if (!ofUser) {
      const fix = 'make it with stemcell images build, or load it into the engine'
      throw new PlatformError('ERR_START_FAILED', `the engine has no image ${image}: ${fix}`)
    }
    if (pull !== 'never') await this.#pull(image)
    const pulled = pull === 'never' ? undefined : await this.#engine.labelsOf(image)
    if (!pulled) throw new PlatformError('ERR_IMAGE', `Failed to pull container image '${image}'.`)
    return pulled
  }

  #refresh(image: string): void {
    const last = this.#pulledMs.get(image)
    if (last !== undefined && this.#clock.monotonic() - last < this.#settings.refreshMs) return
    this.#pull(image).catch((err: unknown) =>
      this.#logger.warn({ err, image }, 'image not refreshed: the one at hand stays in use'),
    )
  }

  #pull(image: string): Promise<void> {
    let pull = this.#pulls.get(image)
    if (!pull) {
      this.#pulledMs.set(image, this.#clock.monotonic())
      pull = this.#engine
        .pull(image, this.#settings.registries[registryOf(image)])
        .finally(() => this.#pulls.delete(image))
      this.#pulls.set(image, pull)
    }
    return pull
  }
}
