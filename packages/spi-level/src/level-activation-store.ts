import {
  adapterContext,
  type Activation,
  type ActivationQuery,
  type ActivationRetention,
  type ActivationScanRow,
  type ActivationStore,
  type ActivationStoreCapabilities,
  type AdapterContext,
  type JsonObject,
  type Logger,
  type MaybePromise,
} from '@stemcell/core'
import {
  boundedActivationText,
  parseActivation,
  SortedActivationStore,
  STORE_LETTERS,
} from '@stemcell/core/sorted-store'
import type { PutOutcome } from './activation-writer.ts'
import { LevelBackend } from './level-backend.ts'
import { parseLevelOptions, type LevelStoresOptions } from './level-stores-options.ts'

type Page = { readonly skip: number; readonly limit: number }

/**
 * Activation records in a LevelDB database. They are written by a writer with a log, which also keeps provisional
 * records, and read by the store on sorted backends once the database has what was accepted before.
 */
export class LevelActivationStore implements ActivationStore {
  readonly capabilities: ActivationStoreCapabilities
  readonly #backend: LevelBackend
  readonly #written: SortedActivationStore
  readonly #logger: Logger

  /** @throws ERR_CONFIG an option is wrong. */
  constructor(options: LevelStoresOptions, context: AdapterContext = adapterContext()) {
    this.#backend = new LevelBackend(parseLevelOptions(options), context, { lasting: false })
    this.#written = new SortedActivationStore({ backend: this.#backend, letter: STORE_LETTERS.activations }, context)
    this.capabilities = this.#written.capabilities
    this.#logger = context.logger
  }

  open(): Promise<void> {
    return this.#written.open()
  }

  close(): Promise<void> {
    return this.#written.close()
  }

  put(activation: Activation): MaybePromise<PutOutcome> {
    return this.#backend.session.runNow(({ activations }) => activations.put(activation, this.#textOf))
  }

  putAll(records: readonly Activation[]): MaybePromise<readonly PutOutcome[]> {
    return this.#backend.session.runNow(({ activations }) => activations.putAll(records, this.#textOf))
  }

  putProvisional(owner: string, record: Activation): MaybePromise<void> {
    return this.#backend.session.runNow(({ activations }) =>
      activations.putProvisional(owner, record, this.#textOf(record)),
    )
  }

  discardProvisional(owner: string, namespace: string, activationId: string): MaybePromise<void> {
    return this.#backend.session.runNow(({ activations }) =>
      activations.discardProvisional(owner, namespace, activationId),
    )
  }

  finalizeOrphans(owner: string): Promise<number> {
    return this.#backend.session.run(({ activations }) => activations.finalizeOrphans(owner))
  }

  owners(): Promise<readonly string[]> {
    return this.#backend.session.run(({ activations }) => activations.owners)
  }

  async get(namespace: string, activationId: string): Promise<Activation | undefined> {
    const held = await this.#backend.session.run(({ activations }) => activations.find(namespace, activationId))
    return held === undefined ? this.#written.get(namespace, activationId) : parseActivation(held)
  }

  list(query: ActivationQuery & Page & { readonly full: true }): Promise<readonly Activation[]>
  list(query: ActivationQuery & Page & { readonly full: false }): Promise<readonly JsonObject[]>
  async list(
    query: ActivationQuery & Page & { readonly full: boolean },
  ): Promise<readonly Activation[] | readonly JsonObject[]> {
    await this.#flush()
    const { full } = query
    return full ? this.#written.list({ ...query, full }) : this.#written.list({ ...query, full })
  }

  async count(query: ActivationQuery): Promise<number> {
    await this.#flush()
    return this.#written.count(query)
  }

  async expire(retention: ActivationRetention): Promise<number> {
    await this.#flush()
    // A provisional record must not outlive the record that took its place.
    await this.#backend.session.run(({ activations }) => activations.settle())
    const removed = await this.#written.expire(retention)
    await this.#reclaim()
    return removed
  }

  async *scan(options: { readonly after?: string } = {}): AsyncGenerator<ActivationScanRow, void, undefined> {
    await this.#flush()
    yield* this.#written.scan(options)
  }

  /** What cannot be given back now is another time. */
  #reclaim(): Promise<void> {
    return this.#backend.session.run(async ({ activations, space }) => {
      try {
        await activations.notePosition()
        await space.run()
      } catch (err) {
        this.#logger.warn({ err }, 'the room of removed activation records could not be given back yet')
      }
    })
  }

  #flush(): Promise<void> {
    return this.#backend.session.run(({ activations }) => activations.flush())
  }

  readonly #textOf = (activation: Activation): string =>
    boundedActivationText(activation, this.capabilities.maxRecordBytes)
}
