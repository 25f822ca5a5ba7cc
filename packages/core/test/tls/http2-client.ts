import type { RawRequest, RawResponse } from '@stemcell/conformance/rest'
import { readFileSync } from 'node:fs'
import { connect, type ClientHttp2Session } from 'node:http2'
import { fileURLToPath } from 'node:url'

const file = (name: string): string => fileURLToPath(new URL(`../../../../test/tls/${name}`, import.meta.url))

/** Both of 127.0.0.1, signed by themselves. */
export const FIRST = { cert: file('certificate.pem'), key: file('key.pem') }
export const RENEWED = { cert: file('renewed-certificate.pem'), key: file('renewed-key.pem') }
export const CA: readonly Buffer[] = [FIRST, RENEWED].map(({ cert }) => readFileSync(cert))

/** A connection of HTTP/2, open when this resolves. */
export async function connectHttp2(url: string): Promise<ClientHttp2Session> {
  const session = connect(url, { ca: [...CA] })
  await new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve())
    session.once('error', reject)
  })
  return session
}

const OF_CONNECTIONS = new Set(['host', 'connection', 'transfer-encoding', 'upgrade', 'keep-alive'])

/** The same request in a stream of HTTP/2. */
export function sendOver(session: ClientHttp2Session, request: RawRequest): Promise<RawResponse> {
  const { method, path, headers, body } = request
  const pairs = Array.isArray(headers) ? (headers as string[]) : Object.entries(headers).flat()
  const sent: Record<string, string | string[]> = { ':method': method, ':path': path }
  for (let at = 0; at < pairs.length; at += 2) {
    const name = pairs[at]!.toLowerCase()
    if (OF_CONNECTIONS.has(name)) continue
    const before = sent[name]
    sent[name] = before === undefined ? pairs[at + 1]! : [before, pairs[at + 1]!].flat()
  }
  if (body !== undefined && !request.chunked) sent['content-length'] ??= String(Buffer.byteLength(body))
  return new Promise((resolve, reject) => {
    const stream = session.request(sent, { endStream: body === undefined && !request.chunked })
    let answered: Omit<RawResponse, 'bytes' | 'text'> | undefined
    const chunks: Buffer[] = []
    stream.on('response', (received, _flags, rawHeaders: readonly string[] = []) => {
      const lines = new Map<string, readonly string[]>()
      for (let at = 0; at < rawHeaders.length; at += 2) {
        const name = rawHeaders[at]!
        if (!name.startsWith(':')) lines.set(name, [...(lines.get(name) ?? []), rawHeaders[at + 1]!])
      }
      answered = {
        status: received[':status'] ?? 0,
        reason: '',
        headers: Object.fromEntries(Array.from(lines, ([name, values]) => [name, values.join()])),
        lines,
      }
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('close', () => {
      const bytes = Buffer.concat(chunks)
      if (answered) resolve({ ...answered, bytes, text: bytes.toString('utf8') })
      else reject(new Error(`no answer: the stream was closed with ${stream.rstCode}`))
    })
    if (body !== undefined || request.chunked) stream.end(body)
  })
}
