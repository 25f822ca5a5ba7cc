import type { HttpRequest } from '../http/direct/api-server.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonObject } from '../../model/json.ts'
import { JsonText } from '../../model/json-text.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { headerText } from '../http/header-text.ts'
import { TEXTS } from '../http/texts.ts'
import { Refusal } from '../refusals/refusal.ts'
import { parseFields } from './form-fields.ts'
import { FrameworkRejection } from './framework-rejection.ts'
import { mediaTypeText, type MediaType } from './media-type.ts'
import type { RequestContent } from './request-content.ts'

/** A request as it is told to an action. */
export interface WebRequest {
  readonly request: HttpRequest
  /** The type that the request states, when it can be understood. */
  readonly type: MediaType | undefined
  readonly rawQuery: string
  /** What followed the action's name in the path. */
  readonly rest: string
  readonly caller: Identity | undefined
}

const RESERVED = ['__ow_method', '__ow_headers', '__ow_path', '__ow_user', '__ow_query', '__ow_body']

/** Headers that speak of the transfer, which is over, or to the platform alone. */
const UNTOLD = new Set(['content-length', 'transfer-encoding', 'x-ow-extra-logging'])

/**
 * The arguments of a web action: query and body as arguments, body over query, and the request around them.
 * @throws Refusal parameters-not-allowed: query or body name an argument that only the platform sets.
 * @throws FrameworkRejection 400 the query cannot be decoded.
 */
export function webArguments(from: WebRequest, content: RequestContent): JsonText {
  const { fields, fieldsText, body } = content
  const query = parseFields(from.rawQuery)
  if (query === undefined) throw new FrameworkRejection(400, `${TEXTS.queryUnreadable} Malformed percent-encoding.`)
  for (const name of RESERVED) {
    if (query.has(name) || (fields && Object.hasOwn(fields, name))) throw new Refusal('parameters-not-allowed')
  }
  const head = context(from)
  for (const [name, value] of query) if (!fields || !Object.hasOwn(fields, name)) head[name] = value
  if (body !== undefined) head['__ow_body'] = body
  if (!fields) return JsonText.of(head)
  const value = { ...head, ...fields }
  return fieldsText === undefined ? JsonText.of(value) : JsonText.trusted(joined(head, fields, fieldsText), value)
}

/** The arguments of an action that takes query and body as they are. */
export function rawArguments(from: WebRequest, content: RequestContent): JsonText {
  const head = context(from)
  head['__ow_query'] = from.rawQuery
  head['__ow_body'] = content.body ?? ''
  return JsonText.of(head)
}

/** Text of both objects in one: what the client wrote is not written anew. They have no name in common. */
function joined(head: JsonObject, fields: JsonObject, fieldsText: string): string {
  const text = stringifyJson(head)
  for (const name in fields) {
    if (Object.hasOwn(fields, name)) return `${text.slice(0, -1)},${fieldsText.slice(fieldsText.indexOf('{') + 1)}`
  }
  return text
}

/** Names of the query are the caller's: without a prototype `__proto__` stays an ordinary one. */
function context({ request, type, rest, caller }: WebRequest): JsonObject {
  const head = Object.create(null) as JsonObject
  head['__ow_method'] = (request.method ?? '').toLowerCase()
  head['__ow_headers'] = headersOf(request, type)
  head['__ow_path'] = rest
  if (caller) head['__ow_user'] = caller.namespace.name
  return head
}

/** Of a repeated header the last counts. */
function headersOf({ rawHeaders }: HttpRequest, type: MediaType | undefined): JsonObject {
  const headers = Object.create(null) as JsonObject
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    if (!UNTOLD.has(name)) headers[name] = headerText(rawHeaders[index + 1]!)
  }
  if (type) headers['content-type'] = mediaTypeText(type, type.charset?.toUpperCase())
  return headers
}
