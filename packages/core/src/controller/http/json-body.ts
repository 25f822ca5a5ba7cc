import type { HttpRequest } from './direct/api-server.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { isJsonObject } from '../../model/json.ts'
import { isNestedDeeperThan, MAX_JSON_DEPTH } from '../../model/json-depth.ts'
import { JsonText } from '../../model/json-text.ts'
import { parseJson as parseText } from '../../model/parse-json.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import { HttpError, badContent } from './http-error.ts'
import { jsonFault } from './json-fault.ts'
import { announcedLength, routeLimit, type BodyLimit } from './read-body.ts'
import type { OpenCall } from './route.ts'
import { TEXTS, contentTypeNotSupported, jsonTooDeep } from './texts.ts'

/** What a body is taken for whose type is not stated. */
const UNSTATED_TYPE = 'application/octet-stream'

/** The body of a request that must have one: any JSON. @throws HttpError 400, 408, 413, 415, 503; ClientGone */
export async function readJson({ request, body }: OpenCall, limit: BodyLimit): Promise<JsonValue> {
  checkContentType(request)
  const bytes = await body.readLargeBody(limit)
  if (bytes.length === 0 && request.headers['content-type'] === undefined) throw new HttpError(400, TEXTS.entityMissing)
  return parseJson(bytes).value
}

/** A body that has arrived, or why it was not taken: what is judged before its length is told first. */
export type Arrived = Buffer | HttpError

/**
 * Receives the arguments of an invocation. It does so before anything is taken for the request, since what comes of a
 * request that never arrives must be nothing.
 * @throws HttpError 408, 503; ClientGone
 */
export function receiveArguments({ body }: Pick<OpenCall, 'body'>, allowedBytes: number): MaybePromise<Arrived> {
  try {
    const bytes = body.readBody(routeLimit(allowedBytes))
    return isPromise(bytes) ? bytes.catch(lengthRefusal) : bytes
  } catch (error) {
    return lengthRefusal(error)
  }
}

function lengthRefusal(error: unknown): HttpError {
  if (error instanceof HttpError && error.status === 413) return error
  throw error
}

/** @throws HttpError 413 */
export function arrivedBody(arrived: Arrived): Buffer {
  if (arrived instanceof HttpError) throw arrived
  return arrived
}

/** The arguments in the body of a POST, which may be empty. @throws HttpError 400, 415 */
export function parseArguments(request: HttpRequest, body: Buffer): JsonText | undefined {
  checkContentType(request)
  if (body.length === 0) return undefined
  const { text, value } = parseObject(body)
  return JsonText.trusted(text, value)
}

function parseObject(body: Buffer): { text: string; value: JsonObject } {
  const { text, value } = parseJson(body)
  if (!isJsonObject(value)) throw badContent(TEXTS.objectExpected)
  return { text, value }
}

/** A body that is JSON, whatever its type was said to be. @throws HttpError 400 */
export function parseJson(body: Buffer): { readonly text: string; readonly value: JsonValue } {
  if (isNestedDeeperThan(MAX_JSON_DEPTH, body)) throw badContent(jsonTooDeep(MAX_JSON_DEPTH))
  const text = body.toString('utf8')
  return { text, value: parse(text) }
}

function parse(text: string): JsonValue {
  try {
    return parseText(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw badContent(jsonFault(text) ?? error.message)
    throw error
  }
}

/** A type that is stated must be JSON even when there is no body; only where there is none may it be left out. */
function checkContentType(request: HttpRequest): void {
  const header = request.headers['content-type']
  if (header === 'application/json') return
  if (header === undefined) {
    if (announcedLength(request) === 0) return
    throw new HttpError(415, contentTypeNotSupported(UNSTATED_TYPE))
  }
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim())
  if (type.toLowerCase() === 'application/json') return
  const shown = parameters.map((parameter) => `; ${parameter.replace(/^charset=(.*)$/i, upperCaseCharset)}`)
  throw new HttpError(415, contentTypeNotSupported(type + shown.join('')))
}

function upperCaseCharset(_all: string, charset: string): string {
  return `charset=${charset.toUpperCase()}`
}
