import { isJsonObject, SystemActionError, type JsonObject, type JsonValue } from '@stemcell/core'

/** The caller's arguments without those that are the combinator's own, whose names begin with `$`. */
export function othersOf(parameters: JsonObject, own: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) => name !== '$ignore_certs' && !own.includes(name)),
  )
}

/** @throws SystemActionError */
export function nameIn(parameters: JsonObject, name: string): string {
  const value = parameters[name]
  if (typeof value !== 'string') throw new SystemActionError(`Expected an argument '${name}' of type 'string'.`)
  return value
}

/** @throws SystemActionError with the name as the text shows it, which is not always the argument's. */
export function namesIn(parameters: JsonObject, name: string, shownName = name): readonly string[] {
  const value = parameters[name]
  if (!Array.isArray(value)) throw new SystemActionError(`Expected an array argument '${shownName}'.`)
  return value.map(String)
}

/** Those of the arguments that have the names. */
export function picked(parameters: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(parameters, name)).map((name) => [name, parameters[name]!]),
  )
}

/** A result as the members of an object. */
export function asObject(result: JsonValue): JsonObject {
  return isJsonObject(result) ? result : { value: result }
}
