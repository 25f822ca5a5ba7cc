import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { JSON_TYPE, TEXT_TYPE, type Answer } from '../http/answer.ts'
import { Refusal } from '../refusals/refusal.ts'
import type { Extension } from './extension.ts'
import { httpResponse } from './http-response.ts'
import { prettyJson } from './pretty-json.ts'

/** A result in the form that the path asks for. @throws Refusal it has no such form. */
export function transcode(extension: Extension, result: JsonValue): Answer {
  return TRANSCODERS[extension](result)
}

const TRANSCODERS: Readonly<Record<Extension, (result: JsonValue) => Answer>> = {
  '.http': httpResponse,
  '.json': json,
  '.html': html,
  '.svg': svg,
  '.text': text,
}

function json(result: JsonValue): Answer {
  if (!isJsonObject(result) && !Array.isArray(result))
    throw new Refusal('web-result-not-valid', { mediaType: JSON_TYPE })
  return { status: 200, contentType: JSON_TYPE, body: prettyJson(result) }
}

function html(result: JsonValue): Answer {
  const body = isJsonObject(result) ? content(result, 'html') : result
  if (typeof body !== 'string') throw new Refusal('web-result-not-valid', { mediaType: 'text/html' })
  return { status: 200, contentType: 'text/html; charset=UTF-8', body }
}

function svg(result: JsonValue): Answer {
  const body = isJsonObject(result) ? content(result, 'svg') : result
  if (typeof body !== 'string') throw new Refusal('web-result-not-valid', { mediaType: 'image/svg+xml' })
  return { status: 200, contentType: 'image/svg+xml', body }
}

function text(result: JsonValue): Answer {
  const body = isJsonObject(result) ? content(result, 'text') : result
  if (body === undefined) throw new Refusal('web-property-missing')
  return { status: 200, contentType: TEXT_TYPE, body: typeof body === 'string' ? body : prettyJson(body) }
}

/** `body` counts even when it is null. */
function content(result: JsonObject, otherwise: string): JsonValue | undefined {
  return Object.hasOwn(result, 'body') ? result['body'] : result[otherwise]
}
