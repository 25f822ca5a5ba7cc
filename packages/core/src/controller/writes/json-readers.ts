import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { Refusal } from '../refusals/refusal.ts'

/** A field of null is as good as none. */
export function optional<T>(json: JsonValue | undefined, parse: (json: JsonValue) => T): T | undefined {
  return json === undefined || json === null ? undefined : parse(json)
}

/** `firstField` is the one that OpenWhisk looks for first, and complains of. @throws Refusal object-expected */
export function requireObject(json: JsonValue, firstField: string): JsonObject {
  if (!isJsonObject(json)) throw new Refusal('object-expected', { firstField })
  return json
}

/** @throws Refusal other-type-expected */
export function requireBoolean(json: JsonValue): boolean {
  if (typeof json !== 'boolean') throw new Refusal('other-type-expected', { expected: 'JsBoolean', json: shown(json) })
  return json
}

/** @throws Refusal other-type-expected */
export function requireTexts(json: JsonValue): string[] {
  if (!Array.isArray(json))
    throw new Refusal('other-type-expected', { expected: 'Array as JsArray', json: shown(json) })
  return json.map((item) => {
    if (typeof item !== 'string')
      throw new Refusal('other-type-expected', { expected: 'String as JsString', json: shown(item) })
    return item
  })
}

/** A value as refusals show it. */
export function shown(json: JsonValue): string {
  return stringifyJson(json)
}
