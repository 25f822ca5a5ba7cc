import { LRUCache } from 'lru-cache'

/** A media type as a `Content-Type` header gives it. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string
  readonly charset?: string
  /** Parameters but the charset, as they were written: `; name=value` each. */
  readonly parameters: string
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const ESSENCE = new RegExp(`^[ \\t]*(${TOKEN}/${TOKEN})[ \\t]*(?=;|$)`)
const PARAMETER = new RegExp(`;[ \\t]*(?:(${TOKEN})=(${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))?[ \\t]*`, 'y')

/** Text whose charset is always UTF-8, so that it is never stated. */
const FIXED = new Set([
  'application/json',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/problem+json',
  'application/vnd.api+json',
  'application/x-www-form-urlencoded',
  'text/event-stream',
])

/** Text of any charset, besides `text/*`. */
const OPEN = new Set([
  'application/atom+xml',
  'application/base64',
  'application/javascript',
  'application/problem+xml',
  'application/rss+xml',
  'application/soap+xml',
  'application/vnd.google-earth.kml+xml',
  'application/x-latex',
  'application/x-vrml',
  'application/xhtml+xml',
  'application/xml',
  'application/xml-dtd',
])

const BINARY_MAIN = /^(?:image|audio|video|font|multipart|message|model)\//
/** Binary even when a charset is stated; any other application type becomes text by that. */
const BINARY_APPLICATION =
  /^application\/(?:octet-stream|pdf|zip|gzip|msword|cbor|postscript|java-archive|gnutar|grpc\+proto|x-(?:gzip|gtar|tar|bzip2?|7z-compressed|compress(?:ed)?|rar-compressed)|vnd\.(?:ms-|oasis\.opendocument\.|openxmlformats-officedocument\.).*)$/

/** Clients and actions state few different ones, so those understood are remembered. */
const understood = new LRUCache<string, MediaType>({ max: 1000 })
/** Longer ones are rare, and not to be kept. */
const MAX_REMEMBERED = 128

/** Undefined when the header cannot be understood. */
export function parseMediaType(header: string): MediaType | undefined {
  if (header.length > MAX_REMEMBERED) return parse(header)
  const remembered = understood.get(header)
  if (remembered) return remembered
  const type = parse(header)
  if (type) understood.set(header, type)
  return type
}

function parse(header: string): MediaType | undefined {
  const found = ESSENCE.exec(header)
  if (!found) return undefined
  const essence = found[1]!.toLowerCase()
  let charset: string | undefined
  let parameters = ''
  for (let at = found[0].length; at < header.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const parameter = PARAMETER.exec(header)
    if (!parameter) return undefined
    const [, name, value] = parameter
    if (name === undefined || value === undefined) continue
    if (name.toLowerCase() === 'charset') charset = value.startsWith('"') ? value.slice(1, -1) : value
    else parameters += `; ${name}=${value}`
  }
  return { essence, parameters, ...(charset === undefined ? {} : { charset }) }
}

/** What content of a type is: bytes, or text whose charset is fixed, or text whose charset is stated. */
export function contentKind({ essence, charset }: MediaType): 'binary' | 'fixed' | 'open' {
  if (FIXED.has(essence)) return 'fixed'
  if (essence.startsWith('text/') || OPEN.has(essence)) return 'open'
  if (charset === undefined || BINARY_MAIN.test(essence) || BINARY_APPLICATION.test(essence)) return 'binary'
  return 'open'
}

/** `application/json` and every `+json`. */
export function isJson({ essence }: MediaType): boolean {
  return essence === 'application/json' || essence.endsWith('+json')
}

/** The type as a header; `charset` is named only where the type leaves it open. */
export function mediaTypeText(type: MediaType, charset: string | undefined): string {
  const text = type.essence + type.parameters
  return charset === undefined || contentKind(type) !== 'open' ? text : `${text}; charset=${charset}`
}
