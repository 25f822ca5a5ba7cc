import { request } from 'node:http'

export interface RawRequest {
  readonly method: string
  readonly path: string
  /** Names and values alternate. */
  readonly headers: readonly string[]
  readonly body?: string | Uint8Array
  /** Sent without a length. */
  readonly chunked?: boolean
}

export interface RawResponse {
  readonly status: number
  readonly reason: string
  /** Lines by lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly bytes: Uint8Array
  readonly text: string
}

/** Sends what it is told, the path untouched; adds nothing but `Host` and the length. */
export function sendRaw(baseUrl: string, { method, path, headers, body, chunked }: RawRequest): Promise<RawResponse> {
  const { hostname, port, host } = new URL(baseUrl)
  const length = body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))]
  const all = ['host', host, ...headers, ...(chunked ? ['transfer-encoding', 'chunked'] : length)]
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers: all }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const bytes = Buffer.concat(chunks)
        resolve({
          status: incoming.statusCode ?? 0,
          reason: incoming.statusMessage ?? '',
          headers: linesByName(incoming.rawHeaders),
          bytes,
          text: bytes.toString('utf8'),
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function linesByName(rawHeaders: readonly string[]): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    lines.set(name, [...(lines.get(name) ?? []), rawHeaders[index + 1]!])
  }
  return lines
}
