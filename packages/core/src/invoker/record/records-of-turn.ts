import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { Logger } from '../../log.ts'
import type { Activation } from '../../model/activation.ts'
import type { ActivationStore } from '../../store/activation-store.ts'
import { behindEndOfTurn } from '../logs/end-of-turn.ts'

/** What became of a record; `unknown` when it is to be put by itself. */
export type Together = 'stored' | 'exists' | 'unknown'

type PutAll = NonNullable<ActivationStore['putAll']>

/**
 * Stores the records of one turn of the event loop by one call, at its end. Nobody is told of any of them before all are
 * stored; when that fails, nobody is, and each is to be put by itself.
 */
export class RecordsOfTurn {
  readonly #putAll: PutAll
  readonly #logger: Logger
  #records: Activation[] = []
  #told: ((outcome: Together) => void)[] = []

  constructor(putAll: PutAll, logger: Logger) {
    this.#putAll = putAll
    this.#logger = logger
  }

  /** `told` is called once, and throws nothing. */
  add(record: Activation, told: (outcome: Together) => void): void {
    if (this.#records.length === 0) behindEndOfTurn(this.#storeAll)
    this.#records.push(record)
    this.#told.push(told)
  }

  readonly #storeAll = (): void => {
    const records = this.#records
    const told = this.#told
    this.#records = []
    this.#told = []
    const tellEach = (outcomes: readonly Together[]): void => told.forEach((tell, place) => tell(outcomes[place]!))
    const failed = (err: unknown): void => {
      this.#logger.warn({ records: records.length, err }, 'records not stored together; each is put by itself')
      for (const tell of told) tell('unknown')
    }
    if (records.length === 1) return told[0]!('unknown')
    let outcomes: MaybePromise<readonly Together[]>
    try {
      outcomes = this.#putAll(records)
    } catch (error) {
      return failed(error)
    }
    if (isPromise(outcomes)) void outcomes.then(tellEach, failed)
    else tellEach(outcomes)
  }
}
