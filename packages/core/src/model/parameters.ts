import type { JsonObject, JsonValue } from './json.ts'
import { isJsonObject } from './json.ts'
import { JsonNumber, stringifyJson } from './json-number.ts'

/**
 * Parameters or annotations of an entity: an ordered list with unique keys. Order is the order of first appearance;
 * an overridden key keeps its place.
 */
export type Parameters = readonly Parameter[]

/** A default parameter, or an annotation, of an entity. */
export interface Parameter {
  readonly key: string
  readonly value: JsonValue
  /** Delivered as environment at `/init` instead of with the arguments. */
  readonly init?: boolean
  /** Name of the algorithm when the value is a ciphertext. */
  readonly encryption?: string
}

/** Reads the wire form; undefined when it is not an array of `{key, value}`. Of duplicate keys the last wins. */
export function parseParameters(value: JsonValue | undefined): Parameters | undefined {
  if (!Array.isArray(value)) return undefined
  const merged = new Map<string, Parameter>()
  for (const item of value) {
    if (!isJsonObject(item) || typeof item['key'] !== 'string' || item['value'] === undefined) return undefined
    const { key, value: itemValue, init, encryption } = item
    if (init !== undefined && typeof init !== 'boolean') return undefined
    // What was read back may say null, beside its init.
    const isPlain = encryption === undefined || (encryption === null && init !== undefined)
    if (!isPlain && typeof encryption !== 'string') return undefined
    merged.set(key, {
      key,
      value: itemValue,
      ...(init === true ? { init } : {}),
      ...(typeof encryption === 'string' ? { encryption } : {}),
    })
  }
  return [...merged.values()]
}

/** What was made of a list and what lay under it the last time: entities are kept while they are in use. */
const lastMerged = new WeakMap<Parameters, { readonly base: Parameters; readonly merged: Parameters }>()

/** `over` wins; keys of `base` keep their place. Of the same two lists the same one is made as long as it can be had. */
export function mergeParameters(base: Parameters, over: Parameters): Parameters {
  if (base.length === 0) return over
  if (over.length === 0) return base
  const last = lastMerged.get(over)
  if (last?.base === base) return last.merged
  const byKey = new Map(base.map((parameter) => [parameter.key, parameter]))
  for (const parameter of over) byKey.set(parameter.key, parameter)
  const merged = [...byKey.values()]
  lastMerged.set(over, { base, merged })
  return merged
}

export function parameterValue(parameters: Parameters, key: string): JsonValue | undefined {
  return parameters.find((parameter) => parameter.key === key)?.value
}

export function parametersAsObject(parameters: Parameters): JsonObject {
  return Object.fromEntries(parameters.map(({ key, value }) => [key, value]))
}

/** Bytes that count against the size limit: UTF-8 of each key plus its value as compact JSON. */
export function parametersSize(parameters: Parameters): number {
  return parameters.reduce(
    (sum, { key, value }) => sum + Buffer.byteLength(key) + Buffer.byteLength(stringifyJson(value)),
    0,
  )
}

/** OpenWhisk's truthiness of an annotation: false for `false`, 0, "" and null; `absent` when there is none. */
export function isTruthy(value: JsonValue | undefined, absent: boolean): boolean {
  if (value instanceof JsonNumber) return !value.isZero()
  return value === undefined ? absent : Boolean(value)
}
