import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { badContent } from '../http/http-error.ts'
import { objectExpectedIn, otherTypeExpected } from '../http/texts.ts'

/** A field of null is as good as none. */
export function optional<T>(json: JsonValue | undefined, parse: (json: JsonValue) => T): T | undefined {
  return json === undefined || json === null ? undefined : parse(json)
}

/** `firstField` is the one that OpenWhisk looks for first, and complains of. @throws HttpError 400 */
export function requireObject(json: JsonValue, firstField: string): JsonObject {
  if (!isJsonObject(json)) throw badContent(objectExpectedIn(firstField))
  return json
}

/** @throws HttpError 400 */
export function requireBoolean(json: JsonValue): boolean {
  if (typeof json !== 'boolean') throw badContent(otherTypeExpected('JsBoolean', shown(json)))
  return json
}

/** @throws HttpError 400 */
export function requireTexts(json: JsonValue): string[] {
  if (!Array.isArray(json)) throw badContent(otherTypeExpected('Array as JsArray', shown(json)))
  return json.map((item) => {
    if (typeof item !== 'string') throw badContent(otherTypeExpected('String as JsString', shown(item)))
    return item
  })
}

/** A value as refusals show it. */
export function shown(json: JsonValue): string {
  return stringifyJson(json)
}
