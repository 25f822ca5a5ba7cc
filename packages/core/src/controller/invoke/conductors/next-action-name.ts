import { DEFAULT_NAMESPACE, isEntityName, pathSegments } from '../../../model/entity-name.ts'
import type { JsonValue } from '../../../model/json.ts'
import type { ActionName } from '../../admission/resolve-action.ts'

/**
 * Reads the name that a conductor gave: `a` and `pkg/a` are in the caller's namespace, `/ns/a` and `[/]ns/pkg/a` are
 * complete, with `_` for the caller's namespace. Undefined when it is no such name.
 */
export function nextActionName(json: JsonValue, ownNamespace: string): ActionName | undefined {
  if (typeof json !== 'string') return undefined
  const segments = pathSegments(json)
  if (segments.length > 3 || !segments.every(isEntityName)) return undefined
  const name = segments.pop()
  if (name === undefined) return undefined
  const complete = json.startsWith('/') || segments.length === 2
  if (!complete) {
    const [packageName] = segments
    return { namespace: ownNamespace, ...(packageName === undefined ? {} : { package: packageName }), name }
  }
  const [namespace, packageName] = segments
  if (namespace === undefined) return undefined
  return {
    namespace: namespace === DEFAULT_NAMESPACE ? ownNamespace : namespace,
    ...(packageName === undefined ? {} : { package: packageName }),
    name,
  }
}

/** As messages show it: `ns/[pkg/]name`. */
export function fullName({ namespace, package: packageName, name }: ActionName): string {
  return packageName === undefined ? `${namespace}/${name}` : `${namespace}/${packageName}/${name}`
}
