import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import type { Activation } from '../../model/activation.ts'
import { isStored, STORE_ALL, type Recorded, type StoreLevels } from '../../model/store-level.ts'
import type { ActivationStore } from '../../store/activation-store.ts'

export interface ForesightParts {
  readonly activationStore: ActivationStore
  /** Name of this process to the store, see `ActivationStore.foresee`. */
  readonly owner: string
  readonly logger: Logger
  readonly storeLevels?: StoreLevels
}

/** Leaves a record with the store for an activation whose id is handed out, in case this process dies before its end. */
export class Foresight {
  readonly #parts: ForesightParts

  constructor(parts: ForesightParts) {
    this.#parts = parts
  }

  /** Returns, or resolves, once the record is safe. Throws what the store throws: the id must not be handed out. */
  foresee(record: Activation, invocation: Recorded): MaybePromise<void> {
    const { activationStore, owner, storeLevels = STORE_ALL } = this.#parts
    if (isStored(invocation, record.response.statusCode, storeLevels)) return activationStore.foresee(owner, record)
  }

  /** Takes it back once `foreseen` has settled. Returns at once. */
  withdraw(foreseen: MaybePromise<void>, namespace: string, activationId: string): void {
    void this.#withdraw(foreseen, namespace, activationId)
  }

  async #withdraw(foreseen: MaybePromise<void>, namespace: string, activationId: string): Promise<void> {
    const { activationStore, owner, logger } = this.#parts
    try {
      // That it failed is the business of whoever asked for it; it may have arrived all the same.
      if (isPromise(foreseen)) await foreseen.catch(() => undefined)
      await activationStore.withdraw(owner, namespace, activationId)
    } catch (err) {
      // Where the activation leaves a record, that one stands.
      logger.warn({ err, activationId }, 'record of an activation that is in safe hands not withdrawn')
    }
  }
}
