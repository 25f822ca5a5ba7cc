import {
  isPlatformError,
  SystemActionError,
  type Adapter,
  type JsonObject,
  type SystemAction,
  type SystemCall,
  type SystemPackage,
  type SystemPackageContext,
  type SystemParameter,
} from '@stemcell/core'
import { ONCE } from '@stemcell/core/schema'
import { apiCall, type ApiCall } from './actions/caller.ts'
import { createApi } from './actions/create-api.ts'
import { deleteApi } from './actions/delete-api.ts'
import { exportApi } from './actions/export-api.ts'
import { getApi } from './actions/get-api.ts'
import { Refusal } from './actions/refusal.ts'
import { createSubscription, deleteSubscription, getSubscriptions } from './actions/subscriptions.ts'
import { ApiStore } from './apis/api-store.ts'
import { gatewayOptions, type GatewayOptions, type GatewaySettings } from './gateway-options.ts'
import { GatewayServer } from './serving/gateway-server.ts'
import { RouteMemory } from './serving/route-memory.ts'

const JSON_HEADERS = { 'Content-Type': 'application/json' }
const UNAUTHENTICATED = 'Invalid authentication.'
const BASE_PATH: SystemParameter = { name: 'basepath', description: 'Base path or name of an API', type: 'string' }

/** The package `/whisk.system/apimgmt`, and the server of what it keeps. */
export class Gateway implements SystemPackage {
  readonly name = 'apimgmt'
  readonly description = 'Makes web actions into APIs'
  readonly shared = false
  readonly actions: readonly SystemAction[]
  readonly #settings: GatewaySettings
  readonly #server: GatewayServer

  constructor(context: SystemPackageContext, settings: GatewaySettings) {
    this.#settings = settings
    const { entityStore, random, clock, logger } = context
    const store = new ApiStore(entityStore, random)
    this.#server = new GatewayServer({
      settings,
      memory: new RouteMemory(store, clock, logger),
      clock,
      random,
      logger,
      handle: (request, response) => context.handle(request, response),
    })
    this.actions = [
      this.#action(
        'createApi',
        'Adds a path and verb to an API, or makes an API of a Swagger document',
        [{ name: 'apidoc', description: 'What to make', required: true, type: 'object' }],
        (call) => createApi(store, call),
        'A valid auth key is required.',
      ),
      this.#action('getApi', 'Lists APIs', [BASE_PATH], (call) => getApi(store, call)),
      this.#action(
        'deleteApi',
        'Removes an API, a path of it, or a verb of a path',
        [{ ...BASE_PATH, required: true }, { name: 'relpath' }, { name: 'operation' }],
        (call) => deleteApi(store, call),
      ),
      this.#action(
        'createSubscription',
        'Lets a client use an API that asks for keys',
        [{ ...BASE_PATH, required: true }, { name: 'client_id' }, { name: 'client_secret' }],
        (call) => createSubscription(store, random, call),
      ),
      this.#action('getSubscriptions', 'Lists who may use an API', [{ ...BASE_PATH, required: true }], (call) =>
        getSubscriptions(store, call),
      ),
      this.#action(
        'deleteSubscription',
        'Takes the key of a client back',
        [
          { ...BASE_PATH, required: true },
          { name: 'client_id', required: true },
        ],
        (call) => deleteSubscription(store, call),
      ),
      this.#action(
        'exportApi',
        'Describes an API to its clients',
        [
          { ...BASE_PATH, required: true },
          { name: 'format', description: 'swagger2 (the default) or openapi3' },
        ],
        (call) => exportApi(store, call),
      ),
    ]
  }

  /** Where clients reach the APIs; undefined while that is not known. */
  get url(): string | undefined {
    return this.#settings.url ?? this.#server.url
  }

  open(): Promise<void> {
    return this.#server.open()
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #action(
    name: string,
    description: string,
    takes: readonly SystemParameter[],
    run: (call: ApiCall) => Promise<JsonObject>,
    unauthenticated = UNAUTHENTICATED,
  ): SystemAction {
    return {
      name,
      description,
      takes,
      annotations: { 'web-export': true, final: true },
      run: async (call) => {
        try {
          return answer(call, 200, await run(apiCall(call, this.url, unauthenticated)))
        } catch (error) {
          throw refusal(call, error)
        }
      },
    }
  }
}

/** Over the web a response, else its body. */
function answer({ parameters }: SystemCall, statusCode: number, body: JsonObject): JsonObject {
  return Object.hasOwn(parameters, '__ow_method') ? { statusCode, headers: JSON_HEADERS, body } : body
}

/** What is refused is told; that it cannot be stored now, too. */
function refusal(call: SystemCall, error: unknown): unknown {
  const text =
    error instanceof Refusal
      ? error.message
      : isPlatformError(error) && (error.retryable || error.code === 'ERR_CONFLICT' || error.code === 'ERR_TOO_LARGE')
        ? `Unable to configure the API Gateway: ${error.message}`
        : undefined
  if (text === undefined) return error
  return new SystemActionError(
    Object.hasOwn(call.parameters, '__ow_method') ? answer(call, 502, { error: text }) : text,
  )
}

/**
 * The API gateway: the actions behind `wsk api`, and, where a port is given, a server for the APIs. Its instance tells
 * where clients reach them.
 */
export function gateway(
  options: GatewayOptions = {},
): Adapter<SystemPackage, SystemPackageContext> & { readonly url: () => string | undefined } {
  const settings = gatewayOptions.parse(options, ONCE)
  let built: Gateway | undefined
  return {
    name: '@stemcell/gateway',
    core: '^0.1.0',
    build: (context) => (built = new Gateway(context, settings)),
    url: () => built?.url,
  }
}
