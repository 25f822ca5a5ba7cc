import { isBinaryCode } from '../../model/exec.ts'
import { isJsonObject, numberOf, type JsonObject, type JsonValue } from '../../model/json.ts'
import { JsonNumber } from '../../model/json-number.ts'
import { BODILESS, JSON_TYPE, type Answer } from '../http/answer.ts'
import { headerValue } from '../http/header-text.ts'
import { Refusal } from '../refusals/refusal.ts'
import { decodeBase64 } from './decode-base64.ts'
import { contentKind, isJson, mediaTypeText, parseMediaType, type MediaType } from './media-type.ts'
import { prettyJson } from './pretty-json.ts'

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// oxlint-disable-next-line no-control-regex -- no header value may have these
const UNPRINTABLE = /[\x00-\x08\x0a-\x1f\x7f]/

/** Headers about the transfer, which is the server's, and the type, which becomes that of the body. */
const NOT_COPIED = new Set([
  'connection',
  'content-length',
  'content-type',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const HTML: MediaType = { essence: 'text/html', parameters: '' }
const JSON_MEDIA: MediaType = { essence: JSON_TYPE, parameters: '' }

/**
 * The response that a result `{ statusCode?, headers?, body? }` describes.
 * @throws Refusal it describes none.
 */
export function httpResponse(result: JsonValue): Answer {
  if (!isJsonObject(result)) throw noMessage()
  const { headers, contentType } = readHeaders(result['headers'])
  const { body } = result
  const isEmpty = body === undefined || body === null || body === ''
  const status = readStatus(result, isEmpty ? 204 : 200)
  if (isEmpty || BODILESS.has(status)) return { status, body: '', headers }
  const content = typeof body === 'string' ? textContent(body, contentType) : jsonContent(body, contentType)
  return { status, headers, contentType: content.contentType, body: content.body }
}

/** Only of final responses: an informational one would leave the client waiting. */
function readStatus(result: JsonObject, otherwise: number): number {
  if (!Object.hasOwn(result, 'statusCode')) return otherwise
  const { statusCode } = result
  const status =
    typeof statusCode === 'string' && /^\+?\d+$/.test(statusCode) ? Number(statusCode) : numberOf(statusCode)
  if (status !== undefined && Number.isInteger(status) && status >= 200 && status <= 599) return status
  throw noMessage()
}

interface Headers {
  /** Names and values alternate. */
  readonly headers: readonly string[]
  readonly contentType: string | undefined
}

function readHeaders(json: JsonValue | undefined): Headers {
  const headers: string[] = []
  let contentType: string | undefined
  if (json === undefined) return { headers, contentType }
  if (!isJsonObject(json)) throw noMessage()
  for (const [name, value] of Object.entries(json)) {
    const lines = Array.isArray(value) ? value.map(headerLine) : [headerLine(value)]
    if (!NAME.test(name)) throw noMessage()
    const lower = name.toLowerCase()
    if (lower === 'content-type') contentType ??= lines[0]
    if (!NOT_COPIED.has(lower)) for (const line of lines) headers.push(name, line)
  }
  return { headers, contentType }
}

function headerLine(value: JsonValue): string {
  const text = typeof value === 'object' && !(value instanceof JsonNumber) ? undefined : String(value)
  if (text === undefined || UNPRINTABLE.test(text)) throw noMessage()
  return headerValue(text)
}

type Content = Required<Pick<Answer, 'contentType' | 'body'>>

function textContent(text: string, header: string | undefined): Content {
  const type = header === undefined ? HTML : parseMediaType(header)
  if (!type) throw new Refusal('web-type-unknown')
  const contentType = mediaTypeText(type, 'UTF-8')
  // What looks like base64 is taken for it: actions of old said so in no other way.
  if (isJson(type)) return { contentType, body: isBinaryCode(text) ? Buffer.from(text, 'base64') : text }
  if (contentKind(type) !== 'binary') return { contentType, body: text }
  const body = decodeBase64(text)
  if (!body) throw typeMismatch()
  return { contentType, body }
}

function jsonContent(value: JsonValue, header: string | undefined): Content {
  const type = header === undefined ? JSON_MEDIA : parseMediaType(header)
  if (!type || !isJson(type)) throw typeMismatch()
  return { contentType: mediaTypeText(type, 'UTF-8'), body: prettyJson(value) }
}

function typeMismatch(): Refusal {
  return new Refusal('web-type-mismatch')
}

function noMessage(): Refusal {
  return new Refusal('web-result-not-valid', { mediaType: 'message/http' })
}
