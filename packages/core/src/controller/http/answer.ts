import { STATUS_CODES, type ServerResponse } from 'node:http'
import { isAsciiOnly } from './header-text.ts'

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
export const HEAD_ONLY: ReadonlySet<number> = new Set([204, 304])
/** Statuses whose responses have no content; that of 205 is said to be of length 0. */
export const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

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
  if (!response.headersSent && !response.destroyed) writeThrough(response, answer, transactionId, cors)
}

/** The same for one that can take it. */
export function writeThrough(
  response: ServerResponse,
  answer: Answer,
  transactionId: string | undefined,
  cors: readonly string[],
): void {
  const length = writeHead(response, answer, transactionId, cors)
  if (length === undefined) response.end()
  else writeContent(answer, length, (content, encoding) => response.end(content, encoding))
}

/**
 * As many bytes as characters: all of it is ASCII, which is written faster than UTF-8. Otherwise, as node:http writes
 * head and text as one, the text must not take the letters of the head with it.
 */
export function writeContent(
  { body, headers = NO_HEADERS }: Answer,
  byteLength: number,
  write: (content: string | Buffer, encoding: BufferEncoding) => void,
): void {
  if (byteLength === body.length) write(body, 'latin1')
  else write(isAsciiOnly(headers) ? body : Buffer.from(body as string), 'utf8')
}

/** The length of the body that must follow; undefined when there must be none. */
export function writeHead(
  response: ServerResponse,
  { status, contentType, body, headers = NO_HEADERS }: Answer,
  transactionId: string | undefined,
  cors: readonly string[],
): number | undefined {
  const length = Buffer.byteLength(body)
  const head = transactionId === undefined ? [] : ['X-Request-ID', transactionId]
  if (contentType !== undefined) head.push('Content-Type', contentType)
  const hasBody = !HEAD_ONLY.has(status)
  if (hasBody) head.push('Content-Length', String(length))
  for (const item of cors) head.push(item)
  for (const item of headers) head.push(item)
  response.writeHead(status, STATUS_CODES[status] ?? '', head)
  return hasBody ? length : undefined
}
