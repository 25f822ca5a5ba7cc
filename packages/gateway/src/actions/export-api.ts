import type { JsonObject } from '@stemcell/core'
import type { ApiStore } from '../apis/api-store.ts'
import { openApiDocument, swaggerDocument } from '../apis/exported-document.ts'
import { textParameter, type ApiCall } from './caller.ts'
import { Refusal } from './refusal.ts'
import { apiUrl, isNamed } from './shown-api.ts'

/** An API as clients of it need to know it: nothing of its back ends, and with the address at which it is served. */
export async function exportApi(store: ApiStore, call: ApiCall): Promise<JsonObject> {
  const basePath = textParameter(call, 'basepath')
  if (basePath === undefined) throw new Refusal('basepath is required.')
  const api = (await store.all(call.namespace)).find(({ entry }) => isNamed(basePath)(entry))
  if (!api) throw new Refusal(`API '${basePath}' does not exist.`)
  const url = apiUrl(api.entry, call.namespace, call.gatewayUrl)
  const format = textParameter(call, 'format') ?? 'swagger2'
  switch (format) {
    case 'swagger2':
      return swaggerDocument(api.document, url)
    case 'openapi3':
      return openApiDocument(api.document, url)
    default:
      throw new Refusal('Invalid format value. Valid values are: swagger2, openapi3')
  }
}
