import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'

export interface RawRequest {
  readonly method: string
  readonly path: string
  /** By name, or names and values that alternate. */
  readonly headers: Readonly<Record<string, string>> | readonly string[]
  readonly body?: string | Uint8Array
  /** Sent without a length, as chunks. */
  readonly chunked?: boolean
}

export interface RawResponse {
  readonly status: number
  readonly reason: string
  /** By lower-case name; several lines are joined with commas. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Each line by lower-case name. */
  readonly lines: ReadonlyMap<string, readonly string[]>
  readonly bytes: Uint8Array
  readonly text: string
}

/** Those that node:http sends as chunks where there is neither a body nor a length. */
const BODY_EXPECTED = new Set(['PATCH', 'POST', 'PUT'])

/** Sends exactly what it is told: no header is added but `Host` and the length, the path is not touched. */
export function sendRequest(baseUrl: string, sent: RawRequest): Promise<RawResponse> {
  const { protocol, hostname, port, host } = new URL(baseUrl)
  const { method, path, body } = sent
  const request = protocol === 'https:' ? requestSecure : requestPlain
  return new Promise((resolve, reject) => {
    const headers = ['host', host, ...framing(sent), ...pairs(sent.headers)]
    const outgoing = request({ hostname, port, method, path, headers }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const lines = linesByName(incoming.rawHeaders)
        resolve({
          status: incoming.statusCode ?? 0,
          reason: incoming.statusMessage ?? '',
          headers: Object.fromEntries(Array.from(lines, ([name, values]) => [name, values.join()])),
          lines,
          bytes,
          text: bytes.toString('utf8'),
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function pairs(headers: RawRequest['headers']): readonly string[] {
  return isList(headers) ? headers : Object.entries(headers).flat()
}

function isList(headers: RawRequest['headers']): headers is readonly string[] {
  return Array.isArray(headers)
}

/** How the body ends, unless the caller says so itself. */
function framing({ method, headers, body, chunked }: RawRequest): string[] {
  if (body === undefined && !chunked) return BODY_EXPECTED.has(method) ? ['content-length', '0'] : []
  if (pairs(headers).some((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-length')) return []
  return chunked ? ['transfer-encoding', 'chunked'] : ['content-length', String(Buffer.byteLength(body ?? ''))]
}

function linesByName(rawHeaders: readonly string[]): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    lines.set(name, [...(lines.get(name) ?? []), rawHeaders[index + 1]!])
  }
  return lines
}
