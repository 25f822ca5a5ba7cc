import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import {
  adapterContext,
  assemble,
  authKeyText,
  memoryContainers,
  memoryEntityStore,
  type EmbeddedClient,
  type EntityStore,
  type JsonObject,
  type JsonValue,
  type Platform,
  type PlatformOptions,
} from '@stemcell/core'
import { gateway, type GatewayOptions } from '../src/index.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As it came. */
  readonly bytes: Buffer
  readonly text: string
  /** Parsed when it is JSON. */
  readonly body: JsonValue | undefined
}

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: JsonValue | string
}

/** Answers with its arguments, the way of `.http`. */
export const ECHO = 'function main(args) { return { body: args } }'

/** A platform with a gateway, and namespace `guest` with web actions. */
export class GatewayRig {
  readonly platform: Platform
  readonly guest: EmbeddedClient
  readonly entityStore: EntityStore
  readonly #authorization: string
  readonly #url: () => string | undefined

  private constructor(
    platform: Platform,
    guest: EmbeddedClient,
    entityStore: EntityStore,
    authorization: string,
    url: () => string | undefined,
  ) {
    this.platform = platform
    this.guest = guest
    this.entityStore = entityStore
    this.#authorization = authorization
    this.#url = url
  }

  static async start(options: GatewayOptions = {}, parts: Partial<PlatformOptions> = {}): Promise<GatewayRig> {
    const entityStore = (parts.entityStore as EntityStore | undefined) ?? memoryEntityStore().build(adapterContext())
    const adapter = gateway({ port: 0, ...options })
    const platform = await assemble({
      containers: memoryContainers(),
      systemPackages: [adapter],
      limits: { invocationsPerMinute: 1_000_000, concurrentInvocations: 10_000 },
      ...parts,
      entityStore,
    })
    const key = await platform.subjects.createUser('guest')
    await platform.listen({ port: 0 })
    const authorization = `Basic ${Buffer.from(authKeyText(key)).toString('base64')}`
    return new GatewayRig(platform, await platform.client('guest'), entityStore, authorization, adapter.url)
  }

  /** Where APIs of guest are served. */
  get apis(): string {
    return `${this.#url()!}/api/guest`
  }

  get gatewayUrl(): string {
    return this.#url()!
  }

  async webAction(name: string, code: string = ECHO, annotations: JsonObject = {}): Promise<void> {
    const all = { 'web-export': true, ...annotations }
    await this.guest.putAction(name, {
      exec: { kind: 'nodejs:default', code },
      annotations: Object.entries(all).map(([key, value]) => ({ key, value })),
    })
  }

  /** As `wsk api create`. */
  async create(
    basePath: string,
    path: string,
    verb: string,
    action: string,
    more: { readonly type?: string; readonly apidoc?: JsonObject; readonly action?: JsonObject } = {},
  ): Promise<Answer> {
    const { type = 'http' } = more
    const names = [...path.matchAll(/\{([^/{}]+)\}/g)].map(([, name]) => name!)
    return this.manage('POST', `createApi.http?responsetype=${type}`, {
      apidoc: {
        namespace: '_',
        gatewayBasePath: basePath,
        gatewayPath: path,
        gatewayMethod: verb,
        id: `API:guest:${basePath}`,
        pathParameters: names.map((name) => ({ name, in: 'path', required: true, type: 'string', description: name })),
        action: {
          name: action,
          namespace: '_',
          backendMethod: verb,
          backendUrl: `https://openwhisk.example/api/v1/web/guest/default/${action}.http`,
          authkey: 'uuid:key',
          ...more.action,
        },
        ...more.apidoc,
      },
    })
  }

  /** A Swagger document whose operations are given with their actions, as `wsk api create -c` sends it. */
  swagger(document: JsonObject): Promise<Answer> {
    return this.manage('POST', 'createApi.http', { apidoc: { namespace: '_', swagger: JSON.stringify(document) } })
  }

  /** A call of apimgmt as the client makes it. */
  manage(method: string, call: string, body?: JsonValue, authorization = this.#authorization): Promise<Answer> {
    const common = 'accesstoken=DUMMY%20TOKEN&spaceguid=uuid'
    const url = `${this.platform.url!}/api/v1/web/whisk.system/apimgmt/${call}${call.includes('?') ? '&' : '?'}${common}`
    return send(url, {
      method,
      headers: {
        ...(authorization === '' ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    })
  }

  /** A request for an API of guest. */
  call(path: string, ask: Ask = {}): Promise<Answer> {
    return send(this.apis + path, ask)
  }

  close(): Promise<void> {
    return this.platform.close()
  }
}

/** A document with the operations given as `VERB /path`, each with the action behind it. */
export function swaggerOf(
  basePath: string,
  operations: Readonly<Record<string, string>>,
  more: JsonObject = {},
): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const [operation, action] of Object.entries(operations)) {
    const [verb, path] = operation.split(' ') as [string, string]
    paths[path] = {
      ...paths[path],
      [verb.toLowerCase()]: {
        operationId: operation,
        'x-openwhisk': {
          namespace: 'guest',
          package: '',
          action,
          url: `https://openwhisk.example/api/v1/web/guest/default/${action}.http`,
        },
        responses: { default: { description: 'Default response' } },
      },
    }
  }
  return { swagger: '2.0', info: { title: basePath, version: '1.0.0' }, basePath, paths, ...more }
}

export function send(url: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers: { connection: 'close', ...headers } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const answer = bytes.toString('utf8')
        const isJson = response.headers['content-type']?.includes('json') && !response.headers['content-encoding']
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text: answer,
          body: isJson && answer !== '' ? (JSON.parse(answer) as JsonValue) : undefined,
        })
      })
    })
    request.on('error', reject)
    request.end(text)
  })
}
