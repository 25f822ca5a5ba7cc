import type { Logger } from '../../log.ts'
import { finalizeOwnOrphans } from '../../store/finalize-orphans.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import { controllerOfOwner } from '../../store/record-owner.ts'
import type { Clock, Timer } from '../../time/clock.ts'

export interface OrphanRecoveryParts {
  readonly activationStore: ActivationStore
  readonly clock: Clock
  readonly logger: Logger
  /** Whether a controller may still finish its own activations. */
  readonly mayLive: (controllerId: string) => boolean
  /** Whether this controller has to look; one of all is enough, two do no harm. */
  readonly isResponsible: () => boolean
}

const PERIOD_MS = 30_000

/** Finalizes the provisional records of controllers that died and were not restarted. */
export class OrphanRecovery {
  readonly #parts: OrphanRecoveryParts
  #timer: Timer | undefined
  #looking: Promise<void> | undefined

  constructor(parts: OrphanRecoveryParts) {
    this.#parts = parts
  }

  open(): void {
    this.#timer = this.#parts.clock.setTimer(PERIOD_MS, () => {
      this.open()
      void this.look()
    })
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.#looking
  }

  /** Looks for orphans. Never rejects: what fails is tried again the next time. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const { activationStore, logger, mayLive, isResponsible } = this.#parts
    if (!isResponsible()) return
    try {
      for (const owner of await activationStore.owners()) {
        const controller = controllerOfOwner(owner)
        if (controller !== undefined && !mayLive(controller)) await finalizeOwnOrphans(activationStore, owner, logger)
      }
    } catch (err) {
      logger.warn({ err }, 'orphaned provisional records not finalized; will be tried again')
    }
  }
}
