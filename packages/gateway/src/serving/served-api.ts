import type { JsonObject } from '@stemcell/core'
import type { Api } from '../apis/api-store.ts'
import { backEndOf, configurationOf, REQUEST_PATH } from '../apis/back-ends.ts'
import { objectAt } from '../apis/json.ts'
import { operationsOf } from '../apis/operations.ts'
import { pathPattern } from '../apis/path-pattern.ts'
import { rateLimitsOf, type RateLimit } from '../apis/rate-limits.ts'
import { requiredKeys, type RequiredKey } from '../apis/security.ts'
import { webActionPath } from '../apis/web-action-url.ts'

/** What the gateway says about other origins: `own` what it decides, `none` nothing, `back-end` what that says. */
export type CorsPolicy = 'own' | 'none' | 'back-end'

/** An API, ready to be served. */
export interface ServedApi {
  readonly id: string
  readonly basePath: string
  readonly cors: CorsPolicy
  readonly limits: readonly RateLimit[]
  /** Hash of the secret by client id; undefined for a subscription without one. */
  readonly subscriptions: ReadonlyMap<string, string | undefined>
  readonly paths: readonly ServedPath[]
}

/** A path with its verbs, in upper case. */
export interface ServedPath {
  readonly pattern: string
  readonly api: ServedApi
  readonly operations: ReadonlyMap<string, ServedOperation>
  /** The verbs, and OPTIONS where the gateway answers it, as headers name them. */
  readonly methods: string
}

export interface ServedOperation {
  /** Path of the web action, perhaps with a query; undefined when the back end is none. */
  readonly target: string | undefined
  /** Whether the path that was asked for is added to it. */
  readonly withPath: boolean
  /** Undefined: that of the request. */
  readonly method: string | undefined
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly keys: readonly RequiredKey[]
}

/** Paths that the router cannot have are left out; `createApi` refuses them. */
export function servedApi({ entry, document, subscriptions }: Api): ServedApi {
  const paths = new Map<string, Map<string, ServedOperation>>()
  const api: ServedApi = {
    id: entry.id,
    basePath: entry.basePath,
    cors: corsOf(document),
    limits: rateLimitsOf(document) ?? [],
    subscriptions: new Map(subscriptions.map(({ clientId, secretHash }) => [clientId, secretHash])),
    paths: [],
  }
  for (const operation of operationsOf(document)) {
    const pattern = pathPattern(entry.basePath, operation.path)
    if (pattern === undefined) continue
    const operations = paths.get(pattern) ?? new Map<string, ServedOperation>()
    paths.set(pattern, operations)
    const backEnd = backEndOf(document, operation)
    const url = backEnd?.url ?? ''
    const withPath = url.endsWith(REQUEST_PATH)
    const verb = backEnd?.verb.toUpperCase() ?? 'KEEP'
    operations.set(operation.verb.toUpperCase(), {
      target: webActionPath(withPath ? url.slice(0, -REQUEST_PATH.length) : url),
      withPath,
      method: verb === 'KEEP' ? undefined : verb,
      headers: backEnd?.headers ?? [],
      keys: requiredKeys(document, operation.operation),
    })
  }
  const served = [...paths].map(([pattern, operations]): ServedPath => {
    const methods = new Set([...operations.keys(), ...(api.cors === 'own' ? ['OPTIONS'] : [])])
    return { pattern, api, operations, methods: [...methods].join(', ') }
  })
  return Object.assign(api, { paths: served })
}

function corsOf(document: JsonObject): CorsPolicy {
  const { enabled } = objectAt(configurationOf(document), 'cors')
  return enabled === true ? 'own' : enabled === false ? 'none' : 'back-end'
}
