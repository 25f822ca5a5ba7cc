import type { Adapter } from '../adapter.ts'
import { PlatformError } from '../errors.ts'
import type { MaybePromise } from '../lifecycle.ts'
import type { Activation } from '../model/activation.ts'
import type { Identity } from '../model/identity.ts'
import type { LogStore, LogStoreCapabilities } from './log-store.ts'

/** Keeps logs where OpenWhisk's default keeps them: inside the activation record. */
export class RecordLogStore implements LogStore {
  readonly capabilities: LogStoreCapabilities = { collects: true }
  #open = false

  async open(): Promise<void> {
    this.#open = true
  }

  async close(): Promise<void> {
    this.#open = false
  }

  keep(_activation: Activation, _user: Identity, lines: readonly string[]): MaybePromise<readonly string[]> {
    this.#check()
    return lines
  }

  async fetch(_activationId: string, activation: Activation | undefined): Promise<readonly string[] | undefined> {
    this.#check()
    return activation?.logs
  }

  #check(): void {
    if (!this.#open) throw new PlatformError('ERR_CLOSED', 'record log store is not open')
  }
}

/** Logs inside the activation records, as OpenWhisk keeps them unless told otherwise. */
export function recordLogStore(): Adapter<RecordLogStore> {
  return { name: '@stemcell/core', core: '^0.1.0', build: () => new RecordLogStore() }
}
