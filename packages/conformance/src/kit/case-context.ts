import { randomBytes } from 'node:crypto'
import type { CaseHooks } from './case-hooks.ts'
import type { CaseContext } from './conformance-case.ts'

const DEFAULT_PATIENCE_MS = 5000

export interface CaseContextOptions<S> extends CaseHooks<S> {
  /** Default 5000 ms. */
  readonly patienceMs?: number
  /** Default: one that was never used. */
  readonly uniqueName?: string
}

interface Subject {
  open?(): Promise<void>
  close?(): Promise<void>
}

/** The context of one case that runs; whoever makes it ends it, before the subject is closed. */
export class RunningContext<S extends object> implements CaseContext<S> {
  readonly uniqueName: string
  readonly patienceMs: number
  readonly idleMs: number
  readonly #subject: S
  readonly #hooks: CaseHooks<S>
  readonly #cutOff = new Set<S>()
  readonly #others: S[] = []

  constructor(subject: S, options: CaseContextOptions<S> = {}) {
    this.#subject = subject
    this.#hooks = options
    this.uniqueName = options.uniqueName ?? `t-${randomBytes(8).toString('hex')}`
    this.patienceMs = options.patienceMs ?? DEFAULT_PATIENCE_MS
    this.idleMs = options.idleMs ?? this.patienceMs / 10
  }

  get leaseMs(): number {
    return this.#offered('leaseMs')
  }

  async disrupt(subject: S = this.#subject): Promise<void> {
    await this.#offered('disrupt')(subject)
    this.#cutOff.add(subject)
  }

  async restore(subject: S = this.#subject): Promise<void> {
    await this.#offered('restore')(subject)
    this.#cutOff.delete(subject)
  }

  async another(): Promise<S> {
    const other: S & Subject = await this.#offered('another')(this.#subject)
    this.#others.push(other)
    await other.open?.()
    return other
  }

  damage(id: string): Promise<void> {
    return this.#offered('damage')(this.#subject, id)
  }

  settingsOf(name: string): Promise<Readonly<Record<string, number>> | undefined> {
    return this.#offered('settingsOf')(this.#subject, name)
  }

  /** Restores what is cut off, and closes what {@link another} gave. Returns those, for who cleans up. */
  async end(): Promise<readonly S[]> {
    for (const subject of this.#cutOff) await this.restore(subject)
    for (const other of this.#others as readonly (S & Subject)[]) await other.close?.()
    return this.#others
  }

  #offered<K extends keyof CaseHooks<S>>(name: K): NonNullable<CaseHooks<S>[K]> {
    const hook = this.#hooks[name]
    if (hook === undefined) throw new Error(`the run offers no ${name}; the case must say that it needs it`)
    return hook
  }
}
