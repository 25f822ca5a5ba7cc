import { STATUS_TEXT_DEFAULTS, TEXTS, malformedContent, malformedQuery } from './texts.ts'

/** Headers of a refusal that may be none a moment later. */
export const RETRY_SOON: readonly string[] = ['Retry-After', '1']

export interface HttpErrorOptions {
  /** Names and values alternate. */
  readonly headers?: readonly string[]
  /** Answer the text itself instead of the JSON error object. */
  readonly plain?: boolean
  /** Leave blanks at the ends of the message where they are. */
  readonly untrimmed?: boolean
}

/**
 * A request that HTTP itself refuses: its body, its media type, its time, a path that leads nowhere. What the domain
 * refuses is a `Refusal`.
 */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly headers: readonly string[]
  readonly plain: boolean

  /** A blank message becomes the status' own text. */
  constructor(status: number, message = '', { headers = [], plain = false, untrimmed = false }: HttpErrorOptions = {}) {
    const trimmed = message.trim()
    super(trimmed === '' ? (STATUS_TEXT_DEFAULTS[status] ?? '') : untrimmed ? message : trimmed)
    this.status = status
    this.headers = headers
    this.plain = plain
  }
}

/** No route leads to this path: not the same text as a missing entity. */
export function noRoute(): HttpError {
  return new HttpError(404, TEXTS.noRoute)
}

/** The body could not be understood. */
export function badContent(detail: string): HttpError {
  return new HttpError(400, malformedContent(detail), { untrimmed: true })
}

/** A query parameter could not be understood. */
export function badQuery(name: string, detail: string): HttpError {
  return new HttpError(400, malformedQuery(name, detail), { untrimmed: true })
}
