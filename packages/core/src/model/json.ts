import { JsonNumber } from './json-number.ts'

/**
 * Any JSON. A number is a `JsonNumber` where JavaScript would write it otherwise than it was written, so that numbers
 * pass through the platform unchanged: texts become values by `parseJson`, and values texts by `stringifyJson`.
 */
export type JsonValue = null | boolean | number | string | JsonNumber | JsonValue[] | JsonObject
/** An object of JSON. */
export interface JsonObject {
  [key: string]: JsonValue
}

/** Tells objects from all other values of JSON, lists included. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
}

/** The number as JavaScript has it, for those that the platform itself looks at; undefined when it is none. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value
  return value instanceof JsonNumber ? value.toNumber() : undefined
}
