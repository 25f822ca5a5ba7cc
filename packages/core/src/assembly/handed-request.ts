import { IncomingMessage } from 'node:http'

/** What middleware may have added to a request. */
interface Handed extends IncomingMessage {
  /** The path before a mount point was taken off it. */
  readonly originalUrl?: unknown
  /** What a body parser made of the body. */
  readonly body?: unknown
  /** The bytes themselves, which some parsers keep. */
  readonly rawBody?: unknown
}

const API = '/api/'
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

/**
 * A request as another framework hands it over, as if it came from the network: with the path that the client asked
 * for, and with the body that a body parser has read already. `unreadable` when that body cannot be had any more.
 */
export function handedRequest(request: IncomingMessage): IncomingMessage | 'unreadable' {
  const handed: Handed = request
  const url = urlOf(handed)
  if (isUnread(handed)) {
    if (url !== undefined) request.url = url
    return request
  }
  const bytes = bytesOf(handed)
  return bytes ? replay(handed, url ?? request.url ?? '/', bytes) : 'unreadable'
}

/** Where a router took the place off under which it serves the platform, the whole path. */
function urlOf({ url = '/', originalUrl }: Handed): string | undefined {
  if (url.startsWith(API) || typeof originalUrl !== 'string' || !originalUrl.startsWith(API)) return undefined
  return originalUrl
}

/** Nobody has begun to read, or there is nothing to be read. */
function isUnread(request: Handed): boolean {
  if (!request.readableDidRead && !request.readableEnded && !request.destroyed) return true
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  return coding === undefined && (length === undefined || Number(length) === 0)
}

/** The body as bytes; undefined when what there is does not tell them. */
function bytesOf({ body, rawBody, headers }: Handed): Buffer | undefined {
  for (const given of [rawBody, body]) {
    if (given instanceof Uint8Array) return Buffer.from(given.buffer, given.byteOffset, given.byteLength)
  }
  if (typeof rawBody === 'string') return Buffer.from(rawBody)
  const type = headers['content-type'] ?? ''
  const isJson = JSON_TYPE.test(type)
  // A text of JSON that was not parsed is no text in JSON: that one has lost its quotes.
  if (typeof body === 'string' && (!isJson || /^\s*[[{]/.test(body))) return Buffer.from(body)
  if (isJson) return body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  if (FORM_TYPE.test(type) && typeof body === 'object' && body !== null) return Buffer.from(formText(body))
  return undefined
}

/** Nested fields in brackets, as the parsers that nest them read them. */
function formText(body: object): string {
  const fields = new URLSearchParams()
  const add = (name: string, value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) add(name, each)
    else if (typeof value === 'object' && value !== null) {
      for (const [key, each] of Object.entries(value)) add(`${name}[${key}]`, each)
    } else fields.append(name, String(value))
  }
  for (const [name, value] of Object.entries(body)) add(name, value)
  return fields.toString()
}

/** The same request once more, with a body that is there already. */
function replay(request: Handed, url: string, bytes: Buffer): IncomingMessage {
  const again = new IncomingMessage(request.socket)
  again.method = request.method
  again.url = url
  again.httpVersion = request.httpVersion
  again.httpVersionMajor = request.httpVersionMajor
  again.httpVersionMinor = request.httpVersionMinor
  again.rawHeaders = request.rawHeaders
  // What the parser unpacked is no longer packed, and no longer in chunks.
  const { 'content-encoding': _packed, 'transfer-encoding': _chunked, ...headers } = request.headers
  again.headers = { ...headers, 'content-length': String(bytes.length) }
  again.complete = true
  if (bytes.length > 0) again.push(bytes)
  again.push(null)
  return again
}
