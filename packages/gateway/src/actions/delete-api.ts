import type { JsonObject } from '@stemcell/core'
import type { ApiStore } from '../apis/api-store.ts'
import { MissingEndpoint, withoutEndpoint } from '../apis/edit-document.ts'
import { operationsOf } from '../apis/operations.ts'
import { textParameter, type ApiCall } from './caller.ts'
import { Refusal } from './refusal.ts'
import { isNamed } from './shown-api.ts'

/** Removes an API, one of its paths, or one verb of a path; an API without paths goes, too. */
export async function deleteApi(store: ApiStore, call: ApiCall): Promise<JsonObject> {
  const basePath = textParameter(call, 'basepath')
  const path = textParameter(call, 'relpath')
  const verb = textParameter(call, 'operation')?.toLowerCase()
  if (basePath === undefined) throw new Refusal('basepath is required.')
  if (verb !== undefined && path === undefined) {
    throw new Refusal('When specifying an operation, the path is required.')
  }
  await store.change(call.namespace, isNamed(basePath), (api) => {
    if (!api) throw failure(`API '${basePath}' does not exist.`)
    if (path === undefined) return undefined
    const document = endpointRemoved(api.document, path, verb)
    return operationsOf(document).length === 0 ? undefined : { document, subscriptions: api.subscriptions }
  })
  return {}
}

function endpointRemoved(document: JsonObject, path: string, verb: string | undefined): JsonObject {
  try {
    return withoutEndpoint(document, path, verb)
  } catch (error) {
    throw error instanceof MissingEndpoint ? failure(error.message) : error
  }
}

function failure(reason: string): Refusal {
  return new Refusal(`API deletion failure: ${reason}`)
}
