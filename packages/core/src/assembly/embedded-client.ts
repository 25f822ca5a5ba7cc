import { request as httpRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import { duplexPair } from './duplex-pair.ts'
import { PlatformError } from '../errors.ts'
import { authKeyText, type AuthKey } from '../model/identity.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import { stringifyJson } from '../model/json-number.ts'
import { keepAlive } from '../time/keep-alive.ts'
import type { HttpListeners } from './http-listeners.ts'
import type { ApiClient, ApiResponse } from '../system-packages/system-package.ts'

/** An answer of the REST API in this process. */
export type EmbeddedResponse = ApiResponse

/**
 * The REST API of a platform in the same process, without a port: requests travel through memory into the same server
 * code that a socket would reach. Paths are relative to `/api/v1/namespaces/_/` unless they start with a slash.
 */
export class EmbeddedClient implements ApiClient {
  readonly #listeners: Pick<HttpListeners, 'connect'>
  readonly #authorization: string
  readonly #parse: (text: string) => JsonValue

  /** `parse` makes values of answers; by default with doubles for numbers. */
  constructor(
    listeners: Pick<HttpListeners, 'connect'>,
    key: AuthKey,
    parse: (text: string) => JsonValue = (text) => JSON.parse(text) as JsonValue,
  ) {
    this.#listeners = listeners
    this.#parse = parse
    this.#authorization = `Basic ${Buffer.from(authKeyText(key)).toString('base64')}`
  }

  /**
   * Sends one request, and keeps the process alive until it is answered.
   * @throws ERR_UNAVAILABLE the connection broke, as it does while the platform closes.
   * @throws ERR_CLOSED the platform is closed.
   */
  async request(method: string, path: string, body?: JsonValue): Promise<EmbeddedResponse> {
    const [client, server] = duplexPair()
    this.#listeners.connect(server)
    return keepAlive(this.#send(client, method, path, body))
  }

  #send(client: Duplex, method: string, path: string, body?: JsonValue): Promise<EmbeddedResponse> {
    const text = body === undefined ? undefined : stringifyJson(body)
    return new Promise((resolve, reject) => {
      const broken = (cause: Error): void =>
        reject(new PlatformError('ERR_UNAVAILABLE', 'the platform did not answer', { cause }))
      const request = httpRequest(
        {
          method,
          path: path.startsWith('/') ? path : `/api/v1/namespaces/_/${path}`,
          createConnection: () => client,
          headers: {
            host: 'embedded',
            authorization: this.#authorization,
            connection: 'close',
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', broken)
          response.on('end', () => {
            const content = Buffer.concat(chunks).toString('utf8')
            const json = response.headers['content-type']?.includes('json') ?? false
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: content === '' ? undefined : json ? this.#parse(content) : content,
            })
          })
        },
      )
      request.on('error', broken)
      request.end(text)
    })
  }

  /**
   * Creates or replaces an action of the client's namespace.
   * @throws TypeError the platform refused it; the message is the platform's.
   */
  async putAction(name: string, action: JsonObject): Promise<JsonObject> {
    const response = await this.request('PUT', `actions/${encodePath(name)}?overwrite=true`, action)
    if (response.status !== 200) throw new TypeError(errorText(response))
    return response.body as JsonObject
  }

  /**
   * Invokes an action and waits for its record, as `POST …?blocking=true` gives it. Look at `response.success`.
   * @throws TypeError the platform refused the call, or the wait of a minute passed; the message says which.
   */
  async invoke(name: string, payload: JsonObject = {}): Promise<JsonObject> {
    const response = await this.request('POST', `actions/${encodePath(name)}?blocking=true`, payload)
    const { status, body } = response
    if (status === 202) throw new TypeError(`not finished within the wait: ${JSON.stringify(body)}`)
    if (typeof body === 'object' && body !== null && !Array.isArray(body) && 'activationId' in body) return body
    throw new TypeError(errorText(response))
  }
}

function encodePath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/')
}

function errorText({ status, body }: EmbeddedResponse): string {
  const detail = typeof body === 'object' && body !== null && 'error' in body ? body.error : body
  return `${status}: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`
}
