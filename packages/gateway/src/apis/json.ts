import { isJsonObject, type JsonObject, type JsonValue } from '@stemcell/core'

export { isJsonObject as isObject }

/** A member of its own, which is an object; else an empty one. */
export function objectAt(object: JsonObject, name: string): JsonObject {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  return isJsonObject(value) ? value : {}
}

/** A member of its own, which is a list; else an empty one. */
export function listAt(object: JsonObject, name: string): readonly JsonValue[] {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  return Array.isArray(value) ? value : []
}

/** A member of its own, which is text. */
export function textAt(object: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  return typeof value === 'string' ? value : undefined
}
