import type { MaybePromise } from '../../lifecycle.ts'
import type { StoredAction } from '../../model/action.ts'
import type { Identity } from '../../model/identity.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import { loadAction, locateAction, type ActionName, type ActionPlace } from '../admission/resolve-action.ts'
import { Refusal } from '../refusals/refusal.ts'

/** An action that is run as a part of a sequence or composition. */
export interface Component {
  /** Package and binding parameters merged into its own. */
  readonly target: StoredAction
  /** Path of the package binding through which it was named. */
  readonly binding?: string
}

/**
 * The action that a sequence or conductor names, as the user may invoke it: also deep inside nested sequences nobody
 * reaches by a name what he could not invoke by it. `forbidden` includes a package that cannot be read.
 */
export async function findComponent(
  cache: EntityCache,
  user: Identity,
  name: ActionName,
): Promise<Component | 'forbidden' | 'missing'> {
  const place = await orRefused(() => locateAction(cache, user, 'ACTIVATE', name))
  if (place === REFUSED) return 'forbidden'
  const target = await orRefused(() => loadAction(cache, place))
  return target === REFUSED ? 'missing' : { target, ...bindingOf(place) }
}

const REFUSED = Symbol('refused')

async function orRefused<T>(find: () => MaybePromise<T>): Promise<T | typeof REFUSED> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof Refusal) return REFUSED
    throw error
  }
}

function bindingOf({ binding }: ActionPlace): { readonly binding?: string } {
  return binding === undefined ? {} : { binding }
}
