import type { IncomingMessage } from 'node:http'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { isJsonObject } from '../../model/json.ts'
import { isNestedDeeperThan, MAX_JSON_DEPTH } from '../../model/json-depth.ts'
import { JsonText } from '../../model/json-text.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import { HttpError, badContent } from './http-error.ts'
import { announcedLength, readBody } from './read-body.ts'
import { TEXTS, contentTypeNotSupported, largerThanAllowed } from './texts.ts'

/** The body of a PUT. @throws HttpError 400, 413, 415; ClientGone */
export async function readJsonObject(request: IncomingMessage, maxBytes: number): Promise<JsonObject> {
  checkContentType(request.headers['content-type'])
  const body = await readBody(request, maxBytes)
  if (body.length === 0) throw new HttpError(400, TEXTS.entityMissing)
  return parseObject(body).value
}

/**
 * The arguments in the body of a POST, which may be empty. `maxBytes` bounds any request, `allowedBytes` this one.
 * @throws HttpError 400, 413, 415; ClientGone
 */
export function readArguments(
  request: IncomingMessage,
  maxBytes: number,
  allowedBytes: number,
): MaybePromise<JsonText | undefined> {
  checkContentType(request.headers['content-type'])
  const body = readBody(request, maxBytes)
  return isPromise(body)
    ? body.then((bytes) => parseArguments(bytes, allowedBytes))
    : parseArguments(body, allowedBytes)
}

function parseArguments(body: Buffer, allowedBytes: number): JsonText | undefined {
  if (body.length === 0) return undefined
  checkLength(body.length, allowedBytes)
  const { text, value } = parseObject(body)
  return JsonText.trusted(text, value)
}

/** @throws HttpError 413 the client announced more than `allowedBytes`. */
export function checkAnnouncedLength(request: IncomingMessage, allowedBytes: number): void {
  const announced = announcedLength(request)
  if (announced !== undefined) checkLength(announced, allowedBytes)
}

/** @throws HttpError 413 there are more than `allowedBytes`. */
export function checkLength(bytes: number, allowedBytes: number): void {
  if (bytes > allowedBytes) throw new HttpError(413, largerThanAllowed('Request', bytes, allowedBytes))
}

function parseObject(body: Buffer): { text: string; value: JsonObject } {
  const { text, value } = parseJson(body)
  if (!isJsonObject(value)) throw badContent(TEXTS.objectExpected)
  return { text, value }
}

/** A body that is JSON, whatever its type was said to be. @throws HttpError 400 */
export function parseJson(body: Buffer): { readonly text: string; readonly value: JsonValue } {
  if (isNestedDeeperThan(MAX_JSON_DEPTH, body)) {
    throw badContent(`JSON is nested more than ${MAX_JSON_DEPTH} levels deep`)
  }
  const text = body.toString('utf8')
  return { text, value: parse(text) }
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (error) {
    if (error instanceof SyntaxError) throw badContent(error.message)
    throw error
  }
}

/** A body of unstated type is taken for JSON; a stated type must be JSON even when there is no body. */
function checkContentType(header: string | undefined): void {
  if (header === undefined || header === 'application/json') return
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim())
  if (type.toLowerCase() === 'application/json') return
  const shown = parameters.map((parameter) => `; ${parameter.replace(/^charset=(.*)$/i, upperCaseCharset)}`)
  throw new HttpError(415, contentTypeNotSupported(type + shown.join('')))
}

function upperCaseCharset(_all: string, charset: string): string {
  return `charset=${charset.toUpperCase()}`
}
