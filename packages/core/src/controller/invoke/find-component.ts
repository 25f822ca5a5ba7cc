import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { StoredAction } from '../../model/action.ts'
import type { Identity } from '../../model/identity.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import { loadAction, locateAction, type ActionName } from '../admission/resolve-action.ts'
import { Refusal } from '../refusals/refusal.ts'
import { whenDone } from '../../when-done.ts'

/** An action that is run as a part of a sequence or composition. */
export interface Component {
  /** Package and binding parameters merged into its own. */
  readonly target: StoredAction
  /** Path of the package binding through which it was named. */
  readonly binding?: string
}

/**
 * The action that a sequence or conductor names, as the user may invoke it: also deep inside nested sequences nobody
 * reaches by a name what he could not invoke by it. Without a promise where nothing must be read. `forbidden` includes a package that cannot be read.
 */
export function findComponent(
  cache: EntityCache,
  user: Identity,
  name: ActionName,
): MaybePromise<Component | 'forbidden' | 'missing'> {
  const located = orRefused(() => locateAction(cache, user, 'ACTIVATE', name), 'forbidden' as const)
  return whenDone(located, (place): MaybePromise<Component | 'forbidden' | 'missing'> => {
    if (place === 'forbidden') return place
    const { binding } = place
    const loaded = orRefused(() => loadAction(cache, place), 'missing' as const)
    return whenDone(loaded, (target): Component | 'missing' => {
      if (target === 'missing') return target
      return binding === undefined ? { target } : { target, binding }
    })
  })
}

function orRefused<T extends object, R>(find: () => MaybePromise<T>, refused: R): MaybePromise<T | R> {
  const failed = (error: unknown): R => {
    if (error instanceof Refusal) return refused
    throw error
  }
  try {
    const found = find()
    return isPromise(found) ? found.catch(failed) : found
  } catch (error) {
    return failed(error)
  }
}
