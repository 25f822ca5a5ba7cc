import { STATUS_CODES, type ServerResponse } from 'node:http'

/** What goes back to the client, apart from the headers that every answer has. */
export interface Answer {
  readonly status: number
  /** Absent when there is no body. */
  readonly contentType?: string
  readonly body: string | Buffer
  /** Names and values alternate. */
  readonly headers?: readonly string[]
}

/** An answer that is text. */
export interface TextAnswer extends Answer {
  readonly contentType: string
  readonly body: string
}

export const JSON_TYPE = 'application/json'
export const TEXT_TYPE = 'text/plain; charset=UTF-8'
const NO_HEADERS: readonly string[] = []
/** Statuses whose responses end with their head. */
const HEAD_ONLY = new Set([204, 304])

/** `body` is JSON text already. */
export function jsonAnswer(status: number, body: string, headers: readonly string[] = NO_HEADERS): TextAnswer {
  return { status, contentType: JSON_TYPE, body, headers }
}

export function textAnswer(status: number, body: string, headers: readonly string[] = NO_HEADERS): TextAnswer {
  return { status, contentType: TEXT_TYPE, body, headers }
}

export function emptyAnswer(status: number, headers: readonly string[] = NO_HEADERS): Answer {
  return { status, body: '', headers }
}

/** A success that has nothing to say. */
export const OK: Answer = textAnswer(200, 'OK')

/** A success without a body. */
export const NO_CONTENT: Answer = emptyAnswer(204)

/** Does nothing when the answer was given already or the client has gone. */
export function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  transactionId: string,
  cors: readonly string[],
): void {
  if (response.headersSent || response.destroyed) return
  const length = writeHead(response, answer, transactionId, cors)
  if (length === undefined) response.end()
  else response.end(answer.body, encodingOf(answer.body, length))
}

/** As many bytes as characters: all of it is ASCII, which is written faster than UTF-8. */
export function encodingOf(body: string | Buffer, byteLength: number): BufferEncoding {
  return byteLength === body.length ? 'latin1' : 'utf8'
}

/** The length of the body that must follow; undefined when there must be none. */
export function writeHead(
  response: ServerResponse,
  { status, contentType, body, headers = NO_HEADERS }: Answer,
  transactionId: string,
  cors: readonly string[],
): number | undefined {
  const length = Buffer.byteLength(body)
  const head = ['X-Request-ID', transactionId]
  if (contentType !== undefined) head.push('Content-Type', contentType)
  const hasBody = !HEAD_ONLY.has(status)
  if (hasBody) head.push('Content-Length', String(length))
  for (const item of cors) head.push(item)
  for (const item of headers) head.push(item)
  response.writeHead(status, STATUS_CODES[status] ?? '', head)
  return hasBody ? length : undefined
}
