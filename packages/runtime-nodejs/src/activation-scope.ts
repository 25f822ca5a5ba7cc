import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Message } from './action-endpoint.ts'
import { callMetadata } from './call-metadata.ts'

/** One call of the action, or its initialization, for as long as something may still print or read on its behalf. */
export interface Activation {
  /** `-` when the request named none, or one that a log frame cannot carry. */
  readonly id: string
  readonly kind: 'init' | 'run'
  /** The `__OW_*` values of this call. */
  readonly env: Map<string, string>
  ended: boolean
}

/** `request` is the body of the call, for a run. */
export function activation(kind: Activation['kind'], id: unknown, request: Message = NOTHING): Activation {
  return new Call(kind, id, request)
}

const USABLE = /^[\w.:-]{1,128}$/
const NOTHING: Message = {}

class Call implements Activation {
  readonly kind: Activation['kind']
  ended = false
  readonly #id: unknown
  readonly #request: Message
  #env: Map<string, string> | undefined

  constructor(kind: Activation['kind'], id: unknown, request: Message) {
    this.kind = kind
    this.#id = id
    this.#request = request
  }

  // Few print anything.
  get id(): string {
    return typeof this.#id === 'string' && USABLE.test(this.#id) ? this.#id : '-'
  }

  // Few look at them.
  get env(): Map<string, string> {
    this.#env ??= callMetadata(this.#request)
    return this.#env
  }
}

/** Tells to whom belongs what is printed now. */
export interface OutputOwner {
  owner(): Activation | undefined
}

/** Knows on whose behalf the current line of code runs. Costs nothing until `trackAsync` is called. */
export class ActivationScope implements OutputOwner {
  readonly running: Set<Activation> = new Set()
  #storage: AsyncLocalStorage<Activation> | undefined
  /** The last one that was not followed. */
  #untracked: Activation | undefined
  #alone: Activation | undefined

  /**
   * Follows each activation through its timers and promises from now on, so that several may run at once. What goes on
   * already is taken for the work of the last one.
   */
  trackAsync(): void {
    if (this.#storage) return
    this.#alone = this.sole()
    this.#storage = new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)()
  }

  /** The one run in progress when activations began to be followed: an error of nobody else is one of its own. */
  get alone(): Activation | undefined {
    return this.#alone
  }

  get tracks(): boolean {
    return this.#storage !== undefined
  }

  enter<T>(activation: Activation, body: () => T): T {
    if (this.#storage) return this.#storage.run(activation, body)
    this.#untracked = activation
    return body()
  }

  /** The activation that started this piece of work, ended or not. */
  current(): Activation | undefined {
    return this.#storage?.getStore()
  }

  /** Like `current`, but what the initialization set up (pools, intervals) acts for the one activation in progress. */
  owner(): Activation | undefined {
    const current = this.current()
    if (current?.kind === 'run') return current
    // Nobody is followed: what is printed is of the one in progress, or behind the answer of the last.
    if (!this.#storage || current) return this.sole() ?? current ?? this.#untracked
    return this.#untracked?.kind === 'run' ? this.#untracked : (this.sole() ?? this.#untracked)
  }

  sole(): Activation | undefined {
    if (this.running.size !== 1) return undefined
    return this.running.values().next().value
  }
}
