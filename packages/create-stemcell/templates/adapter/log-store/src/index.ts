import {
  PlatformError,
  type Activation,
  type Adapter,
  type Identity,
  type LogStore,
  type LogStoreCapabilities,
  type MaybePromise,
} from '@stemcell/core'

export interface MyLogStoreOptions {
  /** Activations whose logs are kept; the oldest go first. */
  readonly maxActivations: number
}

export const capabilities: LogStoreCapabilities = { collects: true }

/** Logs stay in this process and out of the records. Replace the map by your backend. */
export class MyLogStore implements LogStore {
  readonly capabilities = capabilities
  readonly #options: MyLogStoreOptions
  readonly #lines = new Map<string, { readonly namespace: string; readonly lines: readonly string[] }>()
  #isOpen = false

  constructor(options: MyLogStoreOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    this.#isOpen = true
  }

  async close(): Promise<void> {
    this.#isOpen = false
  }

  /** What it returns goes into the record: nothing, as the lines are kept here. */
  keep(
    { activationId }: Activation,
    { namespace }: Identity,
    lines: readonly string[],
  ): MaybePromise<readonly string[]> {
    this.#requireOpen()
    this.#lines.set(activationId, { namespace: namespace.name, lines })
    for (const oldest of this.#lines.keys()) {
      if (this.#lines.size <= this.#options.maxActivations) break
      this.#lines.delete(oldest)
    }
    return []
  }

  /** Only the caller's own: an id may be guessed. */
  async fetch(
    activationId: string,
    _activation: Activation | undefined,
    { namespace }: Identity,
  ): Promise<readonly string[] | undefined> {
    this.#requireOpen()
    const kept = this.#lines.get(activationId)
    return kept?.namespace === namespace.name ? kept.lines : undefined
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw new PlatformError('ERR_CLOSED', '__NAME__ is not open')
  }
}

/** For `assemble({ logStore: myLogStore({ maxActivations }) })`. */
export function myLogStore(options: MyLogStoreOptions): Adapter<LogStore> {
  return { name: '__NAME__', core: '^__VERSION__', build: () => new MyLogStore(options) }
}
