import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Readable, type Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PlatformError } from '../errors.ts'

/** Headers of one connection, which ends here. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection', 'te'])
/** Statuses to which a `Response` takes no body. */
const BODILESS = new Set([204, 205, 304])

/**
 * Sends a request of the web's standard form over one end of a pair of streams, and resolves with the response when its
 * head is there; bodies stream in both directions.
 * @throws what `request.signal` was aborted with.
 * @throws ERR_UNAVAILABLE the connection broke.
 */
export function fetchOver(connection: Duplex, request: Request): Promise<Response> {
  const { pathname, search, host } = new URL(request.url)
  const { signal } = request
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      connection.destroy()
      reject(reasonOf(signal))
      return
    }
    const sent = httpRequest({
      method: request.method,
      path: pathname + search,
      createConnection: () => connection,
      headers: headersOf(request, host),
    })
    const abort = (): void => void sent.destroy()
    signal.addEventListener('abort', abort, { once: true })
    const broken = (cause: unknown): void => {
      signal.removeEventListener('abort', abort)
      reject(
        signal.aborted
          ? reasonOf(signal)
          : new PlatformError('ERR_UNAVAILABLE', 'the platform did not answer', { cause }),
      )
    }
    sent.on('error', broken)
    sent.on('response', (response) => {
      response.once('close', () => signal.removeEventListener('abort', abort))
      resolve(responseOf(response, request.method))
    })
    if (!request.body) sent.end()
    // An answer may come before the whole body was taken; what breaks then is no news.
    else pipeline(Readable.fromWeb(request.body), sent).catch(broken)
  })
}

function headersOf({ headers }: Request, host: string): Record<string, string> {
  const given = Array.from(headers).filter(([name]) => !OF_CONNECTION.has(name))
  return { host, ...Object.fromEntries(given), connection: 'close' }
}

function responseOf(message: IncomingMessage, method: string): Response {
  const { statusCode: status = 500, statusMessage: statusText = '', rawHeaders } = message
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (!OF_CONNECTION.has(name.toLowerCase())) headers.append(name, rawHeaders[at + 1]!)
  }
  if (BODILESS.has(status) || method === 'HEAD') {
    message.resume()
    return new Response(null, { status, statusText, headers })
  }
  return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, { status, statusText, headers })
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError')
}
