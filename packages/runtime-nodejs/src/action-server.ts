import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { failure, type Reply } from './reply.ts'

type Message = Readonly<Record<string, unknown>>
type Answer = (reply: Reply) => void

/** What stands behind `POST /init` and `POST /run`; `body` is the text that `message` was read from. */
export interface ActionEndpoint {
  init(message: Message, answer: Answer): void
  run(message: Message, answer: Answer, body: Buffer): void
}

const MAX_BODY_BYTES = 48 * 1024 * 1024

/** Connections stay open as long as their client wants them: invokers keep one for the life of the action. */
export function createActionServer(listener: RequestListener): Server {
  const server = createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, listener)
  server.timeout = 0
  return server
}

export function actionListener(host: ActionEndpoint): RequestListener {
  return (request, response) => {
    const answer = (reply: Reply): void => send(response, reply)
    const { method, url } = request
    if (method !== 'POST' || (url !== '/init' && url !== '/run')) {
      request.resume()
      return answer(failure(500, 'Bad request.'))
    }
    readBody(request, (body) => {
      const message = body && parse(body)
      if (!body || !message) return answer(failure(500, 'Bad request.'))
      try {
        if (url === '/run') host.run(message, answer, body)
        else host.init(message, answer)
      } catch (error) {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
        answer(failure(500, 'Internal error.'))
      }
    })
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

function parse(body: Buffer): Message | undefined {
  if (body.length === 0) return {}
  try {
    const message: unknown = JSON.parse(body.toString())
    return typeof message === 'object' && message !== null ? (message as Message) : undefined
  } catch {
    return undefined
  }
}

function send(response: ServerResponse, { status, body, silent }: Reply): void {
  if (response.headersSent) return
  const head = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))]
  if (silent) head.push('x-stemcell-log', 'none')
  response.writeHead(status, head)
  response.end(body)
}
