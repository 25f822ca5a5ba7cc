import { PlatformError } from '../../errors.ts'

/** Instances that a platform in this process uses. */
const lent = new WeakSet<object>()

/** The instances that one platform uses: no other may, as each opens and closes what it uses. */
export class LentInstances {
  readonly #mine = new Set<object>()

  /** @throws ERR_CONFIG another platform uses it. */
  take(option: string, instance: object): void {
    if (this.#mine.has(instance)) return
    if (lent.has(instance)) {
      throw new PlatformError(
        'ERR_CONFIG',
        `${option}: the same instance belongs to another platform, which would close it: give each its own, or an adapter`,
      )
    }
    lent.add(instance)
    this.#mine.add(instance)
  }

  giveBack(): void {
    for (const instance of this.#mine) lent.delete(instance)
    this.#mine.clear()
  }
}
