import { PlatformError } from '../errors.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import { isJsonObject } from '../model/json.ts'
import { parseJson } from '../model/parse-json.ts'
import type { MessageBody } from '../queue/queue.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** @throws ERR_CORRUPT the body is not a JSON object in UTF-8. */
export function parseMessage(body: MessageBody, what: string): JsonObject {
  let value: JsonValue
  try {
    value = parseJson(decoder.decode(body.bytes()))
  } catch (cause) {
    throw new PlatformError('ERR_CORRUPT', `${what} is not JSON`, { cause })
  }
  if (!isJsonObject(value)) throw new PlatformError('ERR_CORRUPT', `${what} is not a JSON object`)
  return value
}

export function malformed(field: string, expected: string): never {
  throw new PlatformError('ERR_CORRUPT', `message field '${field}' must be ${expected}`)
}

export function text(json: JsonObject, field: string): string {
  const value = json[field]
  return typeof value === 'string' ? value : malformed(field, 'a string')
}

export function object(json: JsonObject, field: string): JsonObject {
  const value = json[field]
  return isJsonObject(value) ? value : malformed(field, 'an object')
}

export function strings(json: JsonObject, field: string): string[] {
  const value = json[field]
  if (!Array.isArray(value)) return malformed(field, 'an array of strings')
  return value.map((item) => (typeof item === 'string' ? item : malformed(field, 'an array of strings')))
}
