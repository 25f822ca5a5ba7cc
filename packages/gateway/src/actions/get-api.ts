import type { JsonObject } from '@stemcell/core'
import type { ApiStore } from '../apis/api-store.ts'
import { textParameter, type ApiCall } from './caller.ts'
import { Refusal } from './refusal.ts'
import { isNamed, listedApi } from './shown-api.ts'

const FORMATS = new Set(['apigw', 'swagger'])

/** The APIs of the caller, or the one of a base path or a name. */
export async function getApi(store: ApiStore, call: ApiCall): Promise<JsonObject> {
  const format = textParameter(call, 'outputFormat')
  if (format !== undefined && !FORMATS.has(format.toLowerCase())) {
    throw new Refusal('Invalid outputFormat value. Valid values are: apigw, swagger')
  }
  const wanted = textParameter(call, 'basepath')
  const all = await store.all(call.namespace)
  const found = wanted === undefined ? all : all.filter(({ entry }) => isNamed(wanted)(entry))
  const skip = countParameter(call, 'skip') ?? 0
  const limit = countParameter(call, 'limit') || undefined
  const page = found.slice(skip, limit === undefined ? undefined : skip + limit)
  return { apis: page.map((api) => listedApi(api, call.namespace, call.gatewayUrl)) }
}

/** What is no number that can be used is passed over: clients send these with everything. */
function countParameter({ parameters }: ApiCall, name: string): number | undefined {
  const count = Number(parameters[name])
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined
}
