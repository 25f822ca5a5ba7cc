import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import type { Activation } from '../../model/activation.ts'
import { isStored, STORE_ALL, type Recorded, type StoreLevels } from '../../model/store-level.ts'
import type { ActivationStore } from '../../store/activation-store.ts'

export interface ProvisionalRecordsParts {
  readonly activationStore: ActivationStore
  /** Name of this process to the store, see `ActivationStore.putProvisional`. */
  readonly owner: string
  readonly logger: Logger
  readonly storeLevels?: StoreLevels
}

/** Writes provisional records for activations whose ids are told to clients, in case this process dies before they end. */
export class ProvisionalRecords {
  readonly #parts: ProvisionalRecordsParts

  constructor(parts: ProvisionalRecordsParts) {
    this.#parts = parts
  }

  /** Returns, or resolves, once the record is safe. When it throws, as the store does, the id must not be told. */
  putProvisional(record: Activation, invocation: Recorded): MaybePromise<void> {
    const { activationStore, owner, storeLevels = STORE_ALL } = this.#parts
    if (isStored(invocation, record.response.statusCode, storeLevels))
      return activationStore.putProvisional(owner, record)
  }

  /** Discards the provisional record once `provisional`, which wrote it, has settled. Returns at once. */
  discardProvisional(provisional: MaybePromise<void>, namespace: string, activationId: string): void {
    void this.#discardProvisional(provisional, namespace, activationId)
  }

  async #discardProvisional(provisional: MaybePromise<void>, namespace: string, activationId: string): Promise<void> {
    const { activationStore, owner, logger } = this.#parts
    try {
      // A failure was reported to the caller that wrote it; the record may have arrived all the same.
      if (isPromise(provisional)) await provisional.catch(() => undefined)
      await activationStore.discardProvisional(owner, namespace, activationId)
    } catch (err) {
      // Where the activation leaves a record, that one stands.
      logger.warn({ err, activationId }, 'provisional record not discarded')
    }
  }
}
