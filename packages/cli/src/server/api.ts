import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import openwhisk from 'openwhisk'
import type { Connection } from './connection.ts'

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** A server said no, or nothing. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** Undefined when there was no answer. */
  readonly status: number | undefined
  readonly body: unknown
  readonly code: string | undefined

  constructor(message: string, status: number | undefined, body: unknown) {
    super(message)
    this.status = status
    this.body = body
    const code = (body as { code?: unknown } | undefined)?.code
    this.code = typeof code === 'string' || typeof code === 'number' ? String(code) : undefined
  }
}

interface Request {
  readonly qs?: Readonly<Record<string, string | number | boolean>>
  readonly body?: unknown
}

/** What of the client is used for everything. */
interface RawClient {
  readonly options: { proxy: string | undefined }
  request(method: Method, path: string, options: object): Promise<unknown>
}

const LOOPBACK = /^https?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/

/** The REST API, through the `openwhisk` client. */
export class Api {
  readonly connection: Connection
  readonly #raw: RawClient
  readonly #agent: Agent
  readonly #direct: boolean

  constructor(connection: Connection) {
    this.connection = connection
    const secure = connection.apihost.startsWith('https:')
    this.#agent = secure
      ? new TlsAgent({ keepAlive: true, rejectUnauthorized: !connection.insecure })
      : new Agent({ keepAlive: true })
    const client = openwhisk({
      apihost: connection.apihost,
      api_key: connection.auth,
      ignore_certs: connection.insecure,
      apigw_token: connection.accessToken,
      agent: this.#agent,
    })
    this.#raw = (client.actions as unknown as { client: RawClient }).client
    this.#direct = LOOPBACK.test(connection.apihost)
    // The client would ask a proxy for this machine, too.
    if (this.#direct) this.#raw.options.proxy = undefined
  }

  /** Relative to `/api/v1/`. @throws ApiError */
  async request<T = unknown>(method: Method, path: string, { qs, body }: Request = {}): Promise<T> {
    try {
      const options = {
        ...(qs && { qs }),
        ...(body !== undefined && { body }),
        ...(this.#direct && { use_proxy_from_env_var: false }),
      }
      return (await this.#raw.request(method, path, options)) as T
    } catch (error) {
      throw asApiError(error)
    }
  }

  /** Below a collection of the namespace. */
  entity<T = unknown>(method: Method, collection: string, name: string, request?: Request): Promise<T> {
    const { namespace, path } = splitName(name)
    return this.request(method, `namespaces/${namespace}/${collection}/${path}`, request)
  }

  /** All of a collection, page by page. */
  async all<T>(collection: string): Promise<T[]> {
    const limit = 200
    const found: T[] = []
    for (;;) {
      const page = await this.request<T[]>('GET', `namespaces/_/${collection}`, { qs: { limit, skip: found.length } })
      found.push(...page)
      if (page.length < limit) return found
    }
  }

  /** What the server says about itself. */
  async info(): Promise<{ readonly runtimes?: Readonly<Record<string, readonly { readonly kind: string }[]>> }> {
    return this.request('GET', new URL('/', this.connection.apihost).href)
  }

  /** The management of APIs. */
  gateway<T = unknown>(method: Method, action: string, { qs = {}, body }: Request = {}): Promise<T> {
    const { accessToken, auth } = this.connection
    return this.request(method, `web/whisk.system/apimgmt/${action}.http`, {
      qs: { accesstoken: accessToken, spaceguid: auth.split(':')[0]!, ...qs },
      ...(body !== undefined && { body }),
    })
  }

  /** Bytes that went out, over all connections that are open. */
  sent(): number {
    let bytes = 0
    for (const sockets of Object.values(this.#agent.sockets)) {
      for (const { bytesWritten, writableLength } of sockets ?? []) bytes += bytesWritten - writableLength
    }
    return bytes
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** `name`, `package/name`, `/namespace/name` or `/namespace/package/name`, encoded for a path. */
export function splitName(name: string): { readonly namespace: string; readonly path: string } {
  const parts = name.startsWith('/') ? name.slice(1).split('/') : ['_', ...name.split('/')]
  const [namespace = '_', ...rest] = parts.map((part) => encodeURIComponent(part))
  return { namespace, path: rest.join('/') }
}

function asApiError(error: unknown): ApiError {
  const { statusCode, error: body, message } = error as { statusCode?: number; error?: unknown; message: string }
  if (statusCode === undefined) {
    const said = (body as { error?: unknown } | undefined)?.error
    return new ApiError(typeof said === 'string' ? said : message, undefined, undefined)
  }
  const text = (body as { error?: unknown } | undefined)?.error
  return new ApiError(typeof text === 'string' ? text : message, statusCode, body)
}
