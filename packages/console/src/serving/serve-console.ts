import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OperatorHub } from '../stream/operator-hub.ts'
import { readAssets, type Asset } from './assets.ts'
import { isOperator, type OperatorCredentials } from './operator-credentials.ts'
import { takesCoding } from './takes-coding.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** Where the console is served. */
export const CONSOLE_PATH = '/console'
const STREAM_PATH = `${CONSOLE_PATH}/operator/stream`
const SETTINGS_PATH = `${CONSOLE_PATH}/settings.json`

const NOT_BUILT = 'The console was not built: run `npm run build` in the repository.\n'

export interface ServingParts {
  readonly hub: () => OperatorHub | undefined
  /** Without them there is no stream. */
  readonly operator: OperatorCredentials | undefined
  /** What the app is told at its start; no secrets. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Default: where the build puts it. */
  readonly assets?: () => ReadonlyMap<string, Asset>
}

/** Answers what is asked below `/console`. The files are read at the first request and kept. */
export function serveConsole(parts: ServingParts): (request: IncomingMessage, response: ServerResponse) => void {
  let assets: ReadonlyMap<string, Asset> | undefined
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]!
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return answer(request, response, 405, 'Method Not Allowed\n', { Allow: 'GET, HEAD' })
    }
    if (path === STREAM_PATH) return stream(parts, request, response)
    if (path === SETTINGS_PATH) {
      const type = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
      return answer(request, response, 200, JSON.stringify(parts.settings), type)
    }
    if (path === CONSOLE_PATH)
      return answer(request, response, 308, '', {
        // Relative: a proxy may have put the server below a path of its own.
        Location: 'console/',
      })
    assets ??= (parts.assets ?? readAssets)()
    if (assets.size === 0) {
      assets = undefined
      return answer(request, response, 503, NOT_BUILT)
    }
    const asset = assets.get(path.slice(CONSOLE_PATH.length + 1) || 'index.html')
    if (asset) sendAsset(request, response, asset)
    else answer(request, response, 404, 'Not Found\n')
  }
}

function sendAsset(request: IncomingMessage, response: ServerResponse, { type, hashed, ...content }: Asset): void {
  const accepted = request.headers['accept-encoding'] ?? ''
  const coding =
    content.br && takesCoding(accepted, 'br')
      ? 'br'
      : content.gzip && takesCoding(accepted, 'gzip')
        ? 'gzip'
        : undefined
  const body = (coding && content[coding]) ?? content.plain
  response
    .writeHead(200, {
      ...SECURITY_HEADERS,
      'Content-Type': type,
      'Content-Length': body.length,
      'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      Vary: 'Accept-Encoding',
      ...(coding ? { 'Content-Encoding': coding } : {}),
    })
    .end(request.method === 'HEAD' ? undefined : body)
}

/** Server-sent events for the operator. */
function stream({ hub, operator }: ServingParts, request: IncomingMessage, response: ServerResponse): void {
  if (!operator) {
    return answer(request, response, 404, 'There is no operator here: set `api.operator` of the configuration.\n')
  }
  // Without WWW-Authenticate: the browser would ask with a window of its own.
  if (!isOperator(request.headers.authorization, operator)) {
    return answer(request, response, 401, 'The name or password of the operator is wrong.\n')
  }
  const joined = hub()
  if (!joined) return answer(request, response, 503, 'The server is starting or stopping.\n')
  let leave: (() => void) | undefined
  const begin = (): void => {
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    })
  }
  response.on('error', () => response.destroy())
  response.on('close', () => leave?.())
  let begun = false
  leave = joined.join({
    get unreadBytes() {
      return response.writableLength
    },
    write(text) {
      if (response.destroyed || response.writableEnded) return
      if (!begun) {
        begin()
        begun = true
      }
      response.write(text)
    },
    end() {
      response.end()
      // Who reads nothing would keep the connection open.
      if (response.writableLength > 0) response.destroy()
    },
  })
  if (!leave) answer(request, response, 503, 'Too many listen already.\n', { 'Retry-After': '10' })
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, {
      ...SECURITY_HEADERS,
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      ...headers,
    })
    .end(request.method === 'HEAD' ? undefined : body)
}
