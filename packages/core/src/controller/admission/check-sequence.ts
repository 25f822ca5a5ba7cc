import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { StoredAction } from '../../model/action.ts'
import { pathSegments } from '../../model/entity-name.ts'
import { isSequence } from '../../model/exec.ts'
import type { Identity } from '../../model/identity.ts'
import { forbidden } from './entitlement.ts'
import type { EntityCache } from '../entities/entity-cache.ts'
import { isRefusal, Refusal } from '../refusals/refusal.ts'
import { actionResource, loadAction, locateAction, type ActionName, type ActionPlace } from './resolve-action.ts'

/**
 * Checks that the caller may use each component of a sequence; what is inside nested sequences is not looked at. A
 * refusal names all that he may not. Without a promise where nothing must be read.
 * @throws Refusal not-authorized, and what else `locateAction` throws
 */
export function authorizeComponents(
  cache: EntityCache,
  user: Identity,
  right: 'READ' | 'ACTIVATE',
  components: readonly string[],
): MaybePromise<void> {
  const refused = new Set<string>()
  const check = (from: number): MaybePromise<void> => {
    for (let index = from; index < components.length; index++) {
      const name = componentName(components[index]!)
      const refuse = (error: unknown): void => {
        if (!isRefusal(error, 'not-authorized')) throw error
        refused.add(actionResource(name))
      }
      try {
        const located = locateAction(cache, user, right, name)
        if (isPromise(located)) return located.then(() => undefined, refuse).then(() => check(index + 1))
      } catch (error) {
        refuse(error)
      }
    }
    if (refused.size > 0) throw forbidden([...refused].sort().join(', '))
  }
  return check(0)
}

/**
 * Checks the components of a sequence that is to be written as `id`: at least one, all existing, none leading back to
 * it, and not more than `maxLength` atomic actions when all nested sequences are unfolded.
 * @throws Refusal sequence-empty, sequence-too-long, sequence-cyclic, sequence-component-missing
 */
export async function checkSequence(
  cache: EntityCache,
  user: Identity,
  id: string,
  components: readonly string[],
  maxLength: number,
): Promise<void> {
  if (components.length === 0) throw new Refusal('sequence-empty')
  if (components.length > maxLength) throw new Refusal('sequence-too-long')
  const unfolding = new Set([id])

  const unfold = async (names: readonly string[]): Promise<number> => {
    let atomic = 0
    for (const name of names) {
      const place = await placeOf(cache, user, name)
      const componentId = `${place.path}/${place.name}`
      if (unfolding.has(componentId)) throw new Refusal('sequence-cyclic')
      const { exec } = (await loadComponent(cache, place)).action
      if (isSequence(exec)) {
        unfolding.add(componentId)
        atomic += await unfold(exec.components)
        unfolding.delete(componentId)
      } else {
        atomic++
      }
      if (atomic > maxLength) throw new Refusal('sequence-too-long')
    }
    return atomic
  }
  await unfold(components)
}

async function placeOf(cache: EntityCache, user: Identity, component: string): Promise<ActionPlace> {
  try {
    return await locateAction(cache, user, 'READ', componentName(component))
  } catch (error) {
    throw missingComponent(error)
  }
}

async function loadComponent(cache: EntityCache, place: ActionPlace): Promise<StoredAction> {
  try {
    return await loadAction(cache, place)
  } catch (error) {
    throw missingComponent(error)
  }
}

function missingComponent(error: unknown): unknown {
  return error instanceof Refusal ? new Refusal('sequence-component-missing') : error
}

/** A component as the sequence's document names it, `/ns/[pkg/]name`. */
export function componentName(component: string): ActionName {
  const [namespace = '', ...rest] = pathSegments(component)
  const name = rest.at(-1) ?? ''
  return rest.length > 1 ? { namespace, package: rest.slice(0, -1).join('/'), name } : { namespace, name }
}
