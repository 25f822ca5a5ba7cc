import { serverUrl } from './server-url.ts'
import { basic } from './session.ts'

/** What the server refused, in its own words. */
export class ApiError extends Error {
  readonly status: number
  readonly body: unknown
  constructor(status: number, message: string, body: unknown) {
    super(message)
    this.status = status
    this.body = body
  }
}

export interface Answer<T> {
  readonly status: number
  readonly body: T
}

/** The REST API in the name of a key. */
export class Api {
  readonly #key: string
  readonly #unauthorized: () => void

  constructor(key: string, unauthorized: () => void) {
    this.#key = key
    this.#unauthorized = unauthorized
  }

  get key(): string {
    return this.#key
  }

  /** Paths are relative to `/api/v1/namespaces/_/`, unless they begin with a slash. @throws ApiError */
  async ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer<T>> {
    let response: Response
    try {
      response = await fetch(serverUrl(path.startsWith('/') ? path : `/api/v1/namespaces/_/${path}`), {
        method,
        // No window of the browser that asks for a password.
        credentials: 'omit',
        headers: {
          Authorization: basic(this.#key),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      })
    } catch (error) {
      if (signal?.aborted) throw error
      throw new ApiError(0, 'The server does not answer. It may be restarting.', undefined)
    }
    const text = await response.text()
    const parsed = parse(text)
    if (response.status === 401) this.#unauthorized()
    if (!response.ok && !isActivation(parsed)) throw new ApiError(response.status, reason(parsed, response), parsed)
    return { status: response.status, body: parsed as T }
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await this.ask<T>('GET', path, undefined, signal)).body
  }
}

/** A failed activation is answered with 502 and its record: that is a result, too. */
function isActivation(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'activationId' in value && 'response' in value
}

function parse(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function reason(body: unknown, response: Response): string {
  if (typeof body === 'object' && body !== null && 'error' in body) {
    return typeof body.error === 'string' ? body.error : JSON.stringify(body.error)
  }
  return typeof body === 'string' && body !== '' ? body.slice(0, 500) : `${response.status} ${response.statusText}`
}

/** A name of an entity as a part of a path; packages keep their slash. */
export function pathOf(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/')
}
