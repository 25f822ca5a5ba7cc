import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { type ActionEndpoint, type Answer, badRequest, begin, MAX_BODY_BYTES } from './action-endpoint.ts'
import type { Reply } from './reply.ts'

/**
 * Answers `POST /init` and `POST /run`; it listens nowhere, and is given connections. They stay open as long as their
 * client wants them: invokers keep one for the life of the action.
 */
export function actionServer(host: ActionEndpoint): Server {
  const server = createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, actionListener(host))
  server.timeout = 0
  return server
}

function actionListener(host: ActionEndpoint): RequestListener {
  return (request, response) => {
    const answer: Answer = (reply) => send(response, reply)
    const { method, url } = request
    if (method !== 'POST' || (url !== '/init' && url !== '/run')) {
      request.resume()
      return answer(badRequest())
    }
    readBody(request, (body) => (body ? begin(host, url, body.toString(), answer) : answer(badRequest())))
  }
}

/** A body over the limit is read to its end, else the client would see a broken connection instead of the answer. */
function readBody(request: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  let chunks: Buffer[] = []
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
    else chunks = []
  })
  request.on('end', () => {
    if (size > MAX_BODY_BYTES) done(undefined)
    else done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
  })
}

function send(response: ServerResponse, { status, body, silent }: Reply): void {
  if (response.headersSent) return
  const head = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))]
  if (silent) head.push('x-stemcell-log', 'none')
  response.writeHead(status, head)
  response.end(body)
}
