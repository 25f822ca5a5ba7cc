import { ApiError, type Api } from '../server/api.ts'
import type { EntityKind, JsonValue, Limits } from './model.ts'

/** The annotation that says which project something is of, and what was sent. */
export const MARK = 'stemcell-project'

export interface Mark {
  readonly project: string
  /** Of what was sent: the code alone, and all the rest. */
  readonly code: string
  readonly settings: string
  /** That the entity got with it: another one means that somebody else changed it. */
  readonly version: string
  /** Names of the limits that were set. */
  readonly limits?: readonly (keyof Limits)[]
}

/** What is on a server under one name. */
export interface Deployed {
  readonly kind: EntityKind
  readonly name: string
  readonly version: string
  /** Undefined for what no project deployed, or what was changed since. */
  readonly mark: Mark | undefined
  readonly annotations: Readonly<Record<string, JsonValue>>
}

/** By `kind name`. */
export type ServerState = Map<string, Deployed>

export interface ApiOperation {
  readonly basePath: string
  readonly path: string
  readonly verb: string
  /** `/namespace/package/action` */
  readonly action: string
  readonly responseType: string
  readonly title: string
}

export interface OnServer {
  readonly state: ServerState
  /** Undefined where the server has no management of APIs. */
  readonly operations: readonly ApiOperation[] | undefined
  /** `/namespace` in full names of this key. */
  readonly namespace: string
}

interface Item {
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly annotations?: readonly { readonly key: string; readonly value: JsonValue }[]
}

const COLLECTIONS: readonly (readonly [EntityKind, string])[] = [
  ['package', 'packages'],
  ['action', 'actions'],
  ['trigger', 'triggers'],
  ['rule', 'rules'],
]

/** Everything in the namespace of the key. @throws ApiError */
export async function readServer(api: Api): Promise<OnServer> {
  const [namespace = '_'] = await api.request<string[]>('GET', 'namespaces')
  const state: ServerState = new Map()
  const listings = await Promise.all(COLLECTIONS.map(([, collection]) => api.all<Item>(collection)))
  for (const [index, [kind]] of COLLECTIONS.entries()) {
    for (const item of listings[index]!) {
      const [, pack] = item.namespace.split('/')
      const name = pack === undefined ? item.name : `${pack}/${item.name}`
      const annotations = Object.fromEntries((item.annotations ?? []).map(({ key, value }) => [key, value]))
      const mark = annotations[MARK] as Mark | undefined
      const deployed = {
        kind,
        name,
        version: item.version,
        annotations,
        mark: mark?.version === item.version ? mark : undefined,
      }
      state.set(keyOf(kind, name), deployed)
    }
  }
  return { state, operations: await readOperations(api), namespace }
}

export function keyOf(kind: EntityKind, name: string): string {
  return `${kind} ${name}`
}

/** Which project has it, also when somebody changed it since. */
export function projectOf({ annotations }: Deployed): string | undefined {
  return (annotations[MARK] as Mark | undefined)?.project
}

interface ApiDocument {
  readonly basePath?: string
  readonly info?: { readonly title?: string }
  readonly paths?: Readonly<Record<string, Readonly<Record<string, OpenWhiskOperation>>>>
}

interface OpenWhiskOperation {
  readonly 'x-openwhisk'?: {
    readonly namespace: string
    readonly package: string
    readonly action: string
    readonly url: string
  }
}

export interface ApiListing {
  readonly apis: readonly { readonly value: { readonly apidoc: ApiDocument; readonly gwApiUrl?: string } }[]
}

export async function readOperations(api: Api): Promise<ApiOperation[] | undefined> {
  let listing: ApiListing
  try {
    listing = await api.gateway<ApiListing>('GET', 'getApi')
  } catch (error) {
    // A server without the package for it.
    if (error instanceof ApiError && error.status !== undefined && error.status !== 401) return undefined
    throw error
  }
  return listing.apis.flatMap(({ value: { apidoc } }) => operationsOf(apidoc))
}

export function operationsOf({ basePath = '/', info, paths = {} }: ApiDocument): ApiOperation[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([verb, operation]) => {
      const known = operation['x-openwhisk']
      if (!known) return []
      const { namespace, package: pack, action, url } = known
      const name = pack === '' || pack === 'default' ? action : `${pack}/${action}`
      const responseType = /\.(\w+)$/.exec(url)?.[1] ?? 'json'
      return [{ basePath, path, verb, action: `/${namespace}/${name}`, responseType, title: info?.title ?? basePath }]
    }),
  )
}
