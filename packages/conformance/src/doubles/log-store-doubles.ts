import { PlatformError, type Activation, type Identity, type LogStore, type LogStoreCapabilities } from '@stemcell/core'
import type { BrokenDoubles } from '../kit/bite-suite.ts'
import type { CaseHooks } from '../kit/case-hooks.ts'

interface LogStoreFlaws {
  readonly losesRepeats?: true
  readonly inventsLines?: true
  readonly mixesActivations?: true
  readonly findsAnything?: true
  readonly tellsStrangers?: true
  readonly worksClosed?: true
  readonly opensOnce?: true
  readonly failsPlainly?: true
}

/** Keeps logs beside the records, as a backend of logs would, and can be cut off; with the flaws that it is given. */
export class SimulatedLogStore implements LogStore {
  readonly capabilities: LogStoreCapabilities = { collects: true }
  cutOff = false
  readonly #flaws: LogStoreFlaws
  readonly #kept = new Map<string, readonly string[]>()
  #open = false
  #closed = false

  constructor(flaws: LogStoreFlaws = {}) {
    this.#flaws = flaws
  }

  async open(): Promise<void> {
    if (this.#flaws.opensOnce && this.#closed) throw new Error('opened before')
    this.#open = true
  }

  async close(): Promise<void> {
    this.#open = false
    this.#closed = true
  }

  async keep({ activationId }: Activation, user: Identity, lines: readonly string[]): Promise<readonly string[]> {
    this.#check()
    const kept = this.#flaws.losesRepeats ? [...new Set(lines)] : lines
    this.#kept.set(this.#keyOf(activationId, user), this.#flaws.inventsLines && kept.length === 0 ? ['end'] : kept)
    return []
  }

  async fetch(
    activationId: string,
    _activation: Activation | undefined,
    user: Identity,
  ): Promise<readonly string[] | undefined> {
    this.#check()
    return this.#kept.get(this.#keyOf(activationId, user)) ?? (this.#flaws.findsAnything ? ['something'] : undefined)
  }

  #keyOf(activationId: string, { namespace }: Identity): string {
    if (this.#flaws.mixesActivations) return namespace.name
    return this.#flaws.tellsStrangers ? activationId : `${namespace.name}/${activationId}`
  }

  #check(): void {
    if (!this.#open && !this.#flaws.worksClosed) throw new PlatformError('ERR_CLOSED', 'log store is not open')
    if (!this.cutOff) return
    if (this.#flaws.failsPlainly) throw new Error('connect ECONNREFUSED')
    throw new PlatformError('ERR_UNAVAILABLE', 'the simulated backend of logs does not answer')
  }
}

const flawed = (flaws: LogStoreFlaws) => (): LogStore => new SimulatedLogStore(flaws)

export const logStoreDoubles: BrokenDoubles<LogStore> = {
  'log.lines-are-fetched-as-they-were-kept': flawed({ losesRepeats: true }),
  'log.no-lines-are-none': flawed({ inventsLines: true }),
  'log.activations-are-separate': flawed({ mixesActivations: true }),
  'log.what-nobody-kept-is-undefined-or-empty': flawed({ findsAnything: true }),
  'log.another-namespace-gets-nothing': flawed({ tellsStrangers: true }),
  'log.refuses-when-closed': flawed({ worksClosed: true }),
  'log.opens-and-closes-repeatedly': flawed({ opensOnce: true }),
  'log.says-when-its-backend-is-away': flawed({ failsPlainly: true }),
}

const cut = (cutOff: boolean) => async (store: LogStore) => {
  if (store instanceof SimulatedLogStore) store.cutOff = cutOff
}

/** Cuts a simulated log store off, sound or broken. */
export const logStoreHooks: CaseHooks<LogStore> = { disrupt: cut(true), restore: cut(false) }
