import type { ServerResponse } from 'node:http'

/** What goes back to the client, apart from the headers that every answer has. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Names and values alternate. */
  readonly headers?: readonly string[]
}

const JSON_TYPE = 'application/json'
const TEXT_TYPE = 'text/plain; charset=UTF-8'
const NO_HEADERS: readonly string[] = []

/** `body` is JSON text already. */
export function jsonAnswer(status: number, body: string, headers: readonly string[] = NO_HEADERS): Answer {
  return { status, contentType: JSON_TYPE, body, headers }
}

export function textAnswer(status: number, body: string, headers: readonly string[] = NO_HEADERS): Answer {
  return { status, contentType: TEXT_TYPE, body, headers }
}

/** A success that has nothing to say. */
export const OK: Answer = textAnswer(200, 'OK')

/** A success without a body. */
export const NO_CONTENT: Answer = { status: 204, contentType: '', body: '' }

/** Does nothing when the answer was given already or the client has gone. */
export function writeAnswer(
  response: ServerResponse,
  { status, contentType, body, headers = NO_HEADERS }: Answer,
  transactionId: string,
  cors: readonly string[],
): void {
  if (response.headersSent || response.destroyed) return
  const length = Buffer.byteLength(body)
  const head = ['X-Request-ID', transactionId]
  if (status !== 204) head.push('Content-Type', contentType, 'Content-Length', String(length))
  for (const item of cors) head.push(item)
  for (const item of headers) head.push(item)
  response.writeHead(status, head)
  // As many bytes as characters: all of it is ASCII, which is written faster than UTF-8.
  response.end(body, length === body.length ? 'latin1' : 'utf8')
}
