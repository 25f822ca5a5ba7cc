import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { badContent, HttpError } from '../http/http-error.ts'
import { parseJson } from '../http/json-body.ts'
import { decoderOf } from './charset.ts'
import { parseFields } from './form-fields.ts'
import { FrameworkRejection } from './framework-rejection.ts'
import { contentKind, isJson, type MediaType } from './media-type.ts'

/** What a request's body gives to the action. */
export interface RequestContent {
  /** Arguments of their own. */
  readonly fields?: JsonObject
  /** The JSON text of `fields`, when the client sent it. */
  readonly fieldsText?: string
  /** The value of `__ow_body`. */
  readonly body?: JsonValue
}

const NOTHING: RequestContent = {}

/** `type` is undefined when the client stated none, or none that can be understood. @throws FrameworkRejection 400 */
export function decodeContent(bytes: Buffer, type: MediaType | undefined): RequestContent {
  if (bytes.length === 0) return NOTHING
  if (type === undefined) return base64(bytes)
  if (isJson(type)) return decodeJson(bytes)
  if (type.essence === 'application/x-www-form-urlencoded') return decodeForm(bytes, type)
  return contentKind(type) === 'binary' ? base64(bytes) : { body: bytes.toString('utf8') }
}

/** For actions that take the body as it is. */
export function rawContent(bytes: Buffer, type: MediaType | undefined): RequestContent {
  if (bytes.length === 0) return { body: '' }
  const isText = type !== undefined && type.essence !== 'application/json' && contentKind(type) !== 'binary'
  return isText ? { body: bytes.toString('utf8') } : base64(bytes)
}

function base64(bytes: Buffer): RequestContent {
  return { body: bytes.toString('base64') }
}

function decodeJson(bytes: Buffer): RequestContent {
  const { text, value } = parsed(bytes)
  return isJsonObject(value) ? { fields: value, fieldsText: text } : { body: value }
}

function parsed(bytes: Buffer): { readonly text: string; readonly value: JsonValue } {
  try {
    return parseJson(bytes)
  } catch (error) {
    throw error instanceof HttpError ? new FrameworkRejection(error.status, error.message, { untrimmed: true }) : error
  }
}

function decodeForm(bytes: Buffer, { charset }: MediaType): RequestContent {
  const decodeBytes = decoderOf(charset)
  if (!decodeBytes) throw unreadable(`There is no charset '${charset}'.`)
  const fields = parseFields(decodeBytes(bytes), decodeBytes)
  if (!fields) throw unreadable('The percent-encoding of the form is malformed.')
  return { fields: Object.fromEntries(fields) }
}

function unreadable(detail: string): FrameworkRejection {
  const { status, message } = badContent(detail)
  return new FrameworkRejection(status, message)
}
