import { request } from 'undici'
import type { SpawnedServer } from './spawned-server.ts'

export interface ApiAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Parsed; undefined when the answer is not JSON. */
  readonly json: Record<string, unknown>
}

export interface ApiRequest {
  /** Sent as it is when text, else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the guest's; null for none. */
  readonly auth?: string | null
  readonly signal?: AbortSignal
}

/** One request, relative to `/api/v1/namespaces/_/` unless the path starts with a slash. */
export async function call(
  server: SpawnedServer,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  path: string,
  { body, headers = {}, auth = server.key, signal }: ApiRequest = {},
): Promise<ApiAnswer> {
  const target = path.startsWith('/') ? path : `/api/v1/namespaces/_/${path}`
  const response = await request(`${server.url}${target}`, {
    method,
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    headers: {
      ...(auth === null ? {} : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(signal === undefined ? {} : { signal }),
  })
  const text = await response.body.text()
  const isJson = String(response.headers['content-type']).includes('json')
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    json: (isJson ? JSON.parse(text) : {}) as Record<string, unknown>,
  }
}

export interface ActivationRecord {
  readonly activationId: string
  readonly response: { readonly status: string; readonly success: boolean; readonly result?: Record<string, unknown> }
  readonly logs: readonly string[]
  readonly duration: number
}

export async function putAction(
  server: SpawnedServer,
  name: string,
  code: string,
  limits: Readonly<Record<string, number>> = {},
  kind = 'nodejs:default',
): Promise<void> {
  const body = { exec: { kind, code }, limits }
  const { status, text } = await call(server, 'PUT', `actions/${name}?overwrite=true`, { body })
  if (status !== 200) throw new Error(`PUT ${name}: ${status} ${text}`)
}

/** Puts the action, invokes it once and waits for its record, whatever becomes of it. */
export async function invokeOnce(
  server: SpawnedServer,
  name: string,
  payload: object = {},
): Promise<{ readonly status: number; readonly record: ActivationRecord }> {
  const { status, json, text } = await call(server, 'POST', `actions/${name}?blocking=true`, { body: payload })
  if (typeof json['activationId'] !== 'string') throw new Error(`POST ${name}: ${status} ${text}`)
  return { status, record: json as unknown as ActivationRecord }
}
