import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** Of one connection, not of what is asked or answered on it (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'])
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])

/**
 * Whether a request is for the API's own paths, `/api/v1` and below, however whoever reads it next may understand it:
 * with a scheme and host, or with dots and slashes in any writing that could lead out again, it is not.
 */
export function isForApi(target: string): boolean {
  const [path = ''] = target.split(/[?#]/, 1)
  if (!/^\/api\/v1(?:\/|$)/.test(path)) return false
  const segments = path
    .replace(/%2e/gi, '.')
    .replace(/%2f|%5c|\\/gi, '/')
    .split('/')
  return !segments.some((segment) => segment === '.' || segment === '..')
}

/** Sends one request on, with everything that is not of its connection, and the answer back. */
export function forward(request: IncomingMessage, response: ServerResponse, api: URL): void {
  const upstream = send(request, api)
  upstream.once('response', (answer) => {
    response.writeHead(
      answer.statusCode ?? 502,
      answer.statusMessage,
      endToEnd(answer.rawHeaders, ['transfer-encoding']),
    )
    answer.on('error', () => response.destroy())
    answer.pipe(response)
  })
  // What broke before there was an answer is told; what breaks within one shows by its end.
  upstream.on('error', () => {
    if (response.headersSent) response.destroy()
    else refuse(response, 502, 'The API does not answer.')
  })
  response.once('close', () => upstream.destroy())
  request.on('error', () => upstream.destroy())
  request.pipe(upstream)
}

export function refuse(response: ServerResponse, status: number, error: string): void {
  const body = JSON.stringify({ error })
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  })
  response.end(body)
}

function send({ method = 'GET', url, headers, rawHeaders }: IncomingMessage, api: URL): ClientRequest {
  const secure = api.protocol === 'https:'
  const hasBody = headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined
  // Node.js would otherwise announce a body where there is none.
  const length = hasBody || BODILESS.has(method) ? [] : ['Content-Length', '0']
  return (secure ? httpsRequest : httpRequest)({
    host: api.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: api.port === '' ? (secure ? 443 : 80) : api.port,
    method,
    path: url,
    headers: [...endToEnd(rawHeaders), ...length, 'Connection', 'close'],
    agent: false,
    // It is on this machine's loopback: nobody is in between.
    rejectUnauthorized: false,
  })
}

/** The rest of a flat list of names and values. */
function endToEnd(rawHeaders: readonly string[], without: readonly string[] = []): string[] {
  const named = new Set(without)
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.toLowerCase() !== 'connection') continue
    for (const name of rawHeaders[at + 1]!.split(',')) named.add(name.trim().toLowerCase())
  }
  // A request that says so cannot make its own frame disappear.
  const framing = without.length > 0 ? [] : ['content-length', 'transfer-encoding', 'host']
  for (const name of framing) named.delete(name)
  const kept: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (!HOP_BY_HOP.has(name) && !named.has(name)) kept.push(rawHeaders[at]!, rawHeaders[at + 1]!)
  }
  return kept
}
