import type { IncomingHttpHeaders } from 'node:http'

/** The head of a request, as node:http would tell it. */
export interface RequestHead {
  readonly method: string
  readonly url: string
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders
  /** Names as they were written and values alternate. */
  readonly rawHeaders: string[]
  /** Bytes of the head, with the empty line. */
  readonly bytes: number
  /** Bytes of the body. */
  readonly bodyBytes: number
}

/** What fits a request is read here: larger ones are for node:http. */
export const MAX_HEAD_BYTES = 8 * 1024
export const MAX_BODY_BYTES = 16 * 1024

const END = Buffer.from('\r\n\r\n')
const FIRST_LINE = /^(GET|POST|PUT|DELETE|OPTIONS) (\/[\w.~!$&'()*+,;=:@%/?-]*) HTTP\/1\.1\r\n/
/** A value has no spaces around it. */
const LINE = /([\w!#$%&'*+.^`|~-]+):[ \t]*((?:[!-~](?:[\t -~]*[!-~])?)?)[ \t]*\r\n/y
const LENGTH = /^\d{1,5}$/
/** They change how a message is read, or ask for more than an answer. */
const FOR_OTHERS: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'expect',
  'upgrade',
  'trailer',
  'te',
  'keep-alive',
  'proxy-connection',
  '__proto__',
])

/**
 * The head that begins at `from`. `other`: it is none of the common shape, or too large, whatever it is; what it means
 * is for node:http to say. The common shape is a strict part of HTTP/1.1 (RFC 9112): a known method, a path of plain
 * characters, one Host, no header twice, printable values, lines that end with CR LF, a length instead of chunks.
 */
export function readRequestHead(bytes: Buffer, from: number): RequestHead | 'incomplete' | 'other' {
  const end = bytes.indexOf(END, from)
  if (end < 0) {
    const first = bytes[from]!
    return bytes.length - from > MAX_HEAD_BYTES || first < 0x41 || first > 0x5a ? 'other' : 'incomplete'
  }
  if (end - from > MAX_HEAD_BYTES) return 'other'
  const text = bytes.toString('latin1', from, end + 2)
  const line = FIRST_LINE.exec(text)
  if (!line) return 'other'
  const headers: Record<string, string> = {}
  const rawHeaders: string[] = []
  for (let at = line[0].length; at < text.length;) {
    LINE.lastIndex = at
    const header = LINE.exec(text)
    if (!header) return 'other'
    const name = header[1]!
    const value = header[2]!
    const key = name.toLowerCase()
    if (headers[key] !== undefined || FOR_OTHERS.has(key)) return 'other'
    headers[key] = value
    rawHeaders.push(name, value)
    at = LINE.lastIndex
  }
  const { host, connection, 'content-length': length } = headers
  if (host === undefined || (connection !== undefined && connection.toLowerCase() !== 'keep-alive')) return 'other'
  if (length !== undefined && !LENGTH.test(length)) return 'other'
  const bodyBytes = length === undefined ? 0 : Number(length)
  if (bodyBytes > MAX_BODY_BYTES) return 'other'
  return { method: line[1]!, url: line[2]!, headers, rawHeaders, bytes: end + END.length - from, bodyBytes }
}
