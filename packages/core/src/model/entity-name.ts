import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'

/** Longest name or path segment, characters. */
export const MAX_NAME_LENGTH = 256

/** What stands for the caller's own namespace in paths. */
export const DEFAULT_NAMESPACE = '_'

const NAME = /^(?:[A-Za-z0-9_]|[A-Za-z0-9_][A-Za-z0-9_@ .&-]{0,254}[A-Za-z0-9_@.&-])$/

/** Whether `text` may name an entity, a package or a namespace (OpenWhisk's `EntityName`). */
export function isEntityName(text: string): boolean {
  return NAME.test(text)
}

/** A resolved entity: `path` is `namespace` or `namespace/package`. */
export interface EntityId {
  readonly path: string
  readonly name: string
}

/** The document id, which is the fully qualified name without a leading slash. */
export function documentId({ path, name }: EntityId): string {
  return `${path}/${name}`
}

/** The first segment of a path or of a fully qualified name. */
export function rootNamespace(path: string): string {
  const slash = path.indexOf('/')
  return slash < 0 ? path : path.slice(0, slash)
}

/** The segments of a path with the empty ones dropped, as OpenWhisk reads `/ns//pkg/a`. */
export function pathSegments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** The form in which rule and trigger documents refer to other entities. */
export function entityIdJson({ path, name }: EntityId): JsonObject {
  return { path, name }
}

/** The same read back; a text is a name, fully qualified or, as of old, in `namespace`. Undefined when malformed. */
export function readEntityId(json: JsonValue | undefined, namespace: string): EntityId | undefined {
  if (typeof json === 'string') {
    const segments = pathSegments(json)
    const name = segments.pop()
    return name === undefined ? undefined : { path: segments.join('/') || namespace, name }
  }
  if (!isJsonObject(json)) return undefined
  const { path, name } = json
  return typeof path === 'string' && typeof name === 'string' ? { path, name } : undefined
}
