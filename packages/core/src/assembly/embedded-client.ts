import { request as httpRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import { duplexPair } from './duplex-pair.ts'
import { PlatformError } from '../errors.ts'
import { authKeyText, type AuthKey } from '../model/identity.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import { stringifyJson } from '../model/json-number.ts'
import { keepAlive } from '../time/keep-alive.ts'
import type {
  ApiAction,
  ApiActivation,
  ApiActivationPage,
  ApiActivationSummary,
  ApiPackage,
  ApiPage,
  ApiRule,
  ApiTrigger,
} from './api-entities.ts'
import { ApiRequestError } from './api-request-error.ts'
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
   * @throws ApiRequestError the platform refused it; the message is the platform's.
   */
  putAction(name: string, action: JsonObject): Promise<ApiAction> {
    return this.#ask('PUT', entity('actions', name, { overwrite: true }), action)
  }

  /** An action with its code. @throws ApiRequestError 404 there is none of that name. */
  getAction(name: string): Promise<ApiAction> {
    return this.#ask('GET', entity('actions', name))
  }

  /** Actions of the namespace, or of a package of it, without their code. */
  listActions({ package: pkg, ...page }: ApiPage & { readonly package?: string } = {}): Promise<readonly ApiAction[]> {
    return this.#ask('GET', collection(pkg === undefined ? 'actions' : `actions/${encodePath(pkg)}/`, page))
  }

  /** @throws ApiRequestError 404 there is none of that name. */
  deleteAction(name: string): Promise<ApiAction> {
    return this.#ask('DELETE', entity('actions', name))
  }

  /**
   * Invokes an action and waits for its record, as `POST …?blocking=true` gives it. Look at `response.success`.
   * @throws ApiRequestError the platform refused the call, or, with code ERR_NOT_FINISHED, the wait of a minute passed.
   */
  async invoke<R = JsonValue>(name: string, payload: JsonObject = {}): Promise<ApiActivation<R>> {
    const response = await this.request('POST', entity('actions', name, { blocking: true }), payload)
    const { status, body } = response
    if (status === 202) throw new ApiRequestError('ERR_NOT_FINISHED', response)
    // The record of a failed activation comes with an error status.
    if (isObject(body) && 'activationId' in body && 'response' in body) return body as unknown as ApiActivation<R>
    throw new ApiRequestError('ERR_REFUSED', response)
  }

  /** Invokes an action and does not wait; resolves with the id of the activation. */
  async start(name: string, payload: JsonObject = {}): Promise<string> {
    const { activationId } = await this.#ask<{ readonly activationId: string }>(
      'POST',
      entity('actions', name),
      payload,
    )
    return activationId
  }

  /** Creates or replaces a trigger. A feed is told by whoever creates it, as `wsk` does. */
  putTrigger(name: string, trigger: JsonObject = {}): Promise<ApiTrigger> {
    return this.#ask('PUT', entity('triggers', name, { overwrite: true }), trigger)
  }

  /** A trigger with its rules. @throws ApiRequestError 404 there is none of that name. */
  getTrigger(name: string): Promise<ApiTrigger> {
    return this.#ask('GET', entity('triggers', name))
  }

  /** Triggers of the namespace. */
  listTriggers(page: ApiPage = {}): Promise<readonly ApiTrigger[]> {
    return this.#ask('GET', collection('triggers', page))
  }

  /** @throws ApiRequestError 404 there is none of that name. */
  deleteTrigger(name: string): Promise<ApiTrigger> {
    return this.#ask('DELETE', entity('triggers', name))
  }

  /** Fires a trigger; resolves with the id of its activation, or undefined where no active rule listens. */
  async fire(name: string, payload: JsonObject = {}): Promise<string | undefined> {
    const body = await this.#ask<{ readonly activationId: string } | undefined>(
      'POST',
      entity('triggers', name),
      payload,
    )
    return body?.activationId
  }

  /** Creates or replaces a rule: from now on, the trigger invokes the action. */
  putRule(name: string, rule: { readonly trigger: string; readonly action: string }): Promise<ApiRule> {
    const named = { trigger: qualified(rule.trigger), action: qualified(rule.action) }
    return this.#ask('PUT', entity('rules', name, { overwrite: true }), named)
  }

  /** @throws ApiRequestError 404 there is none of that name. */
  getRule(name: string): Promise<ApiRule> {
    return this.#ask('GET', entity('rules', name))
  }

  /** Rules of the namespace. */
  listRules(page: ApiPage = {}): Promise<readonly ApiRule[]> {
    return this.#ask('GET', collection('rules', page))
  }

  /** Lets a rule work, or rest. */
  async setRule(name: string, status: 'active' | 'inactive'): Promise<void> {
    await this.#ask('POST', entity('rules', name), { status })
  }

  /** @throws ApiRequestError 404 there is none of that name. */
  deleteRule(name: string): Promise<ApiRule> {
    return this.#ask('DELETE', entity('rules', name))
  }

  /** Creates or replaces a package; with `binding` a binding to another. */
  putPackage(name: string, pkg: JsonObject = {}): Promise<ApiPackage> {
    return this.#ask('PUT', entity('packages', name, { overwrite: true }), pkg)
  }

  /** A package with what is in it. @throws ApiRequestError 404 there is none of that name. */
  getPackage(name: string): Promise<ApiPackage> {
    return this.#ask('GET', entity('packages', name))
  }

  /** Packages of the namespace. */
  listPackages(page: ApiPage = {}): Promise<readonly ApiPackage[]> {
    return this.#ask('GET', collection('packages', page))
  }

  /** Deletes a package; `force` with all that is in it. @throws ApiRequestError 409 it is not empty. */
  deletePackage(name: string, { force = false }: { readonly force?: boolean } = {}): Promise<ApiPackage> {
    return this.#ask('DELETE', entity('packages', name, force ? { force: true } : {}))
  }

  /** The record of an activation. @throws ApiRequestError 404 there is none, or none yet. */
  getActivation<R = JsonValue>(activationId: string): Promise<ApiActivation<R>> {
    return this.#ask('GET', entity('activations', activationId))
  }

  /** Activations of the namespace, the newest first. */
  listActivations(page: ApiActivationPage = {}): Promise<readonly ApiActivationSummary[]> {
    return this.#ask('GET', collection('activations', page))
  }

  /** The lines that an activation wrote. */
  async activationLogs(activationId: string): Promise<readonly string[]> {
    const { logs } = await this.#ask<{ readonly logs: readonly string[] }>(
      'GET',
      `${entity('activations', activationId)}/logs`,
    )
    return logs
  }

  /** How an activation ended, and with what. */
  activationResult<R = JsonValue>(activationId: string): Promise<ApiActivation<R>['response']> {
    return this.#ask('GET', `${entity('activations', activationId)}/result`)
  }

  /** Names of the namespaces that the key is for. */
  namespaces(): Promise<readonly string[]> {
    return this.#ask('GET', '/api/v1/namespaces')
  }

  /** What the namespace may do, such as `invocationsPerMinute`. */
  limits(): Promise<JsonObject> {
    return this.#ask('GET', 'limits')
  }

  async #ask<T>(method: string, path: string, body?: JsonValue): Promise<T> {
    const response = await this.request(method, path, body)
    if (response.status < 200 || response.status > 299) throw new ApiRequestError('ERR_REFUSED', response)
    return response.body as T
  }
}

function encodePath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/')
}

function entity(kind: string, name: string, query: Query = {}): string {
  return withQuery(`${kind}/${encodePath(name)}`, query)
}

function collection(path: string, query: Query): string {
  return withQuery(path, query)
}

type Query = { readonly [name: string]: string | number | boolean | undefined }

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? path
    : `${path}?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()}`
}

/** As the API wants names in rules. */
function qualified(name: string): string {
  return name.startsWith('/') ? name : `/_/${name}`
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
