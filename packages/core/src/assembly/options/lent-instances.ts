import { PlatformError } from '../../errors.ts'
import type { PartName } from './part-methods.ts'

/** How many nodes in this process use an instance; `ALONE` stands for a use that suffers no other. */
const uses = new WeakMap<object, number>()
const ALONE = Infinity

/** What nodes of a cluster that run in one process may share, as they share what is behind it. */
const SHAREABLE: ReadonlySet<PartName> = new Set([
  'subjectStore',
  'entityStore',
  'activationStore',
  'auth',
  'queue',
  'rateLimiter',
  'logStore',
  'poolPolicy',
])

/** The instances that one platform or node uses: each opens and closes what it uses. */
export class LentInstances {
  readonly #mine = new Map<object, number>()
  readonly #shares: boolean

  /** @param user a whole platform shares nothing, a node of a cluster what is not its own by nature. */
  constructor(user: 'platform' | 'node') {
    this.#shares = user === 'node'
  }

  /** @throws ERR_CONFIG another platform or node uses it. */
  take(option: PartName, name: string, instance: object): void {
    if (this.#mine.has(instance)) return
    const weight = this.#shares && SHAREABLE.has(option) ? 1 : ALONE
    const used = uses.get(instance) ?? 0
    if (used === ALONE || (used > 0 && weight === ALONE)) {
      throw new PlatformError(
        'ERR_CONFIG',
        `${name}: the same instance belongs to another platform, which would close it: give each its own, or an adapter`,
      )
    }
    uses.set(instance, used + weight)
    this.#mine.set(instance, weight)
  }

  giveBack(): void {
    for (const [instance, weight] of this.#mine)
      uses.set(instance, weight === ALONE ? 0 : (uses.get(instance) ?? 1) - 1)
    this.#mine.clear()
  }
}
