import type { JsonObject } from '@stemcell/core'
import type { Api, ApiEntry } from '../apis/api-store.ts'

const UNUSED = 'Not Used'

/** An API as `wsk` reads it. */
export function shownApi({ entry, document }: Api, namespace: string, gatewayUrl: string): JsonObject {
  return {
    namespace: UNUSED,
    gwApiActivated: true,
    tenantId: UNUSED,
    gwApiUrl: apiUrl(entry, namespace, gatewayUrl),
    apidoc: document,
  }
}

/** The same in a list. */
export function listedApi(api: Api, namespace: string, gatewayUrl: string): JsonObject {
  return { id: UNUSED, key: UNUSED, value: shownApi(api, namespace, gatewayUrl) }
}

/** Where clients reach an API: what comes before the paths of its operations. */
export function apiUrl({ basePath }: Pick<ApiEntry, 'basePath'>, namespace: string, gatewayUrl: string): string {
  return `${gatewayUrl.replace(/\/+$/, '')}/api/${encodeURIComponent(namespace)}${basePath}`
}

/** Whether an API is meant by a base path or, without a slash at the beginning, by its name. */
export function isNamed(basePathOrName: string): (entry: ApiEntry) => boolean {
  return basePathOrName.startsWith('/')
    ? ({ basePath }) => basePath === basePathOrName
    : ({ title }) => title === basePathOrName
}
