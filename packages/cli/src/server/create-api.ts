import type { Api } from './api.ts'

/** One operation of an API, as it is made. */
export interface ApiDefinition {
  readonly basePath: string
  readonly path: string
  /** Lower case. */
  readonly verb: string
  /** `/namespace/package/action`, or without a package; the namespace may be `_`. */
  readonly action: string
  readonly responseType: string
  readonly title?: string
}

interface WebAction {
  readonly namespace: string
  readonly annotations: readonly { readonly key: string; readonly value: unknown }[]
}

/** An action that cannot be behind an API. */
export class NotAWebAction extends Error {
  override readonly name = 'NotAWebAction'
}

export interface CreatedApi {
  readonly gwApiUrl: string
  readonly apidoc: { readonly basePath: string; readonly info: { readonly title: string } }
}

/**
 * Makes the operation lead to the action.
 * @throws ApiError
 * @throws NotAWebAction
 */
export async function createApi(api: Api, definition: ApiDefinition): Promise<CreatedApi> {
  const { basePath, path, verb, action, responseType, title } = definition
  const found = await api.entity<WebAction>('GET', 'actions', action, { qs: { code: false } })
  const annotation = (name: string): unknown => found.annotations.find(({ key }) => key === name)?.value
  if (annotation('web-export') !== true) {
    throw new NotAWebAction(
      `Action '${action}' is not a web action. Issue 'stemcell action update "${action}" --web true' to convert the action to a web action.`,
    )
  }
  const [namespace = '_'] = found.namespace.split('/')
  const [, , ...rest] = action.split('/')
  const name = rest.join('/')
  const inPackage = name.includes('/') ? name : `default/${name}`
  const secureKey = annotation('require-whisk-auth')
  const parameters = [...path.matchAll(/\{([^}]+)\}/g)].map(([, parameter = '']) => ({
    name: parameter,
    in: 'path',
    required: true,
    type: 'string',
    description: `Default description for '${parameter}'`,
  }))
  const apidoc = {
    namespace: '_',
    gatewayBasePath: basePath,
    gatewayPath: path,
    gatewayMethod: verb.toUpperCase(),
    id: `API:${namespace}:${basePath}`,
    ...(title !== undefined && { apiName: title }),
    ...(parameters.length > 0 && { pathParameters: parameters }),
    action: {
      name,
      namespace,
      backendMethod: 'GET',
      backendUrl: `${api.connection.apihost}/api/v1/web/${namespace}/${inPackage}.http`,
      authkey: api.connection.auth,
      ...(secureKey !== undefined && secureKey !== false && { secureKey }),
    },
  }
  return api.gateway('POST', 'createApi', { qs: { responsetype: responseType }, body: { apidoc } })
}
