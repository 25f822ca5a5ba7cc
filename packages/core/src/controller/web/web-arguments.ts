import type { HttpRequest } from '../http/direct/api-server.ts'
import type { Identity } from '../../model/identity.ts'
import type { JsonObject } from '../../model/json.ts'
import { JsonText } from '../../model/json-text.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { quotedText } from '../../model/quoted-text.ts'
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
 * The arguments of a web action: query and body as arguments, body over query, and the request around them. They are
 * text from the start, since hardly anybody but the action looks into them.
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
  let text = context(from)
  if (query.size > 0) text += queryText(query, fields)
  if (body !== undefined) text += ',"__ow_body":' + stringifyJson(body)
  // What the client wrote is not written anew. It has no name in common with what is before it.
  return JsonText.trusted(fields && hasMembers(fields) ? text + membersText(fields, fieldsText) : text + '}')
}

/** The arguments of an action that takes query and body as they are. */
export function rawArguments(from: WebRequest, content: RequestContent): JsonText {
  const body = stringifyJson(content.body ?? '')
  return JsonText.trusted(`${context(from)},"__ow_query":${quotedText(from.rawQuery)},"__ow_body":${body}}`)
}

/** The object of the arguments up to what the request itself gives. */
function context({ request, type, rest, caller }: WebRequest): string {
  const method = quotedText((request.method ?? '').toLowerCase())
  const text = `{"__ow_method":${method},"__ow_headers":${headersText(request, type)},"__ow_path":${quotedText(rest)}`
  return caller ? `${text},"__ow_user":${quotedText(caller.namespace.name)}` : text
}

function queryText(query: ReadonlyMap<string, string>, over: JsonObject | undefined): string {
  let text = ''
  for (const [name, value] of query) {
    if (!over || !Object.hasOwn(over, name)) text += ',' + quotedText(name) + ':' + quotedText(value)
  }
  return text
}

/** The rest of an object that goes on with these members. */
function membersText(fields: JsonObject, given: string | undefined): string {
  const text = given ?? stringifyJson(fields)
  return ',' + text.slice(text.indexOf('{') + 1)
}

function hasMembers(fields: JsonObject): boolean {
  for (const name in fields) if (Object.hasOwn(fields, name)) return true
  return false
}

function headersText({ rawHeaders, headers }: HttpRequest, type: MediaType | undefined): string {
  const names = Object.keys(headers).length
  if (2 * names !== rawHeaders.length) return repeatedHeadersText(rawHeaders, type)
  let text = ''
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    if (UNTOLD.has(name)) continue
    if (text !== '') text += ','
    text += quotedText(name) + ':' + quotedText(toldValue(name, rawHeaders[index + 1]!, type))
  }
  return '{' + text + '}'
}

/** Of a repeated header the last counts. */
function repeatedHeadersText(rawHeaders: readonly string[], type: MediaType | undefined): string {
  const told = new Map<string, string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    if (!UNTOLD.has(name)) told.set(name, toldValue(name, rawHeaders[index + 1]!, type))
  }
  return stringifyJson(Object.fromEntries(told))
}

function toldValue(name: string, value: string, type: MediaType | undefined): string {
  return type && name === 'content-type' ? mediaTypeText(type, type.charset?.toUpperCase()) : headerText(value)
}
