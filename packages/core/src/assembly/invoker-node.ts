import type { DependencyContainer } from 'tsyringe'
import { PlatformError } from '../errors.ts'
import type { Invoker } from '../invoker/invoker.ts'
import type { OpenParts } from './open-in-order.ts'
import { use } from './provide.ts'
import { keepAlive } from '../time/keep-alive.ts'
import type { Token } from './token.ts'

/** A running invoker with its adapters. */
export class InvokerNode implements AsyncDisposable {
  readonly invoker: Invoker
  readonly #container: DependencyContainer
  readonly #parts: OpenParts
  readonly #onClosed: () => void
  #closing: Promise<void> | undefined
  #closed = false

  /** Use `assembleInvoker`. */
  constructor(container: DependencyContainer, parts: OpenParts, invoker: Invoker, onClosed: () => void) {
    this.#container = container
    this.#parts = parts
    this.invoker = invoker
    this.#onClosed = onClosed
  }

  /** What stands behind a token of `tokens`: an adapter, the clock, the limits. */
  use<T>(key: Token<T>): T {
    if (this.#closed) throw new PlatformError('ERR_CLOSED', 'use: the invoker is closed; assemble a new one')
    return use(this.#container, key)
  }

  /**
   * Takes no further work, lets what runs finish for at most `drainMs` (default 0), ends the rest with a record, and
   * closes every part in reverse order. Idempotent.
   */
  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drainMs ?? 0)
    return keepAlive(this.#closing)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(drainMs: number): Promise<void> {
    await this.invoker.drain(drainMs)
    await this.#parts.close()
    this.#closed = true
    await this.#container.dispose()
    this.#onClosed()
  }
}
