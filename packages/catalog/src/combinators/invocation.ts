import { isJsonObject, type JsonObject, type JsonValue, type SystemCall } from '@stemcell/core'

/** What became of an invocation that was waited for. */
export type Ending =
  | { readonly ok: true; readonly result: JsonValue }
  | {
      readonly ok: false
      readonly status: number
      /** What the API answered. */
      readonly body: JsonValue
      /** The result of the action, when it ran and failed. */
      readonly result?: JsonValue
    }

/** Invokes an action in the name of the caller and waits for its result; one that is not there in time is a failure. */
export async function invoke({ client }: SystemCall, name: string, parameters: JsonObject): Promise<Ending> {
  const { status, body = null } = await client.request('POST', `${pathOf('actions', name)}?blocking=true`, parameters)
  const result = resultOf(body)
  if (status === 200 && result !== undefined) return { ok: true, result }
  return { ok: false, status, body, ...(result === undefined ? {} : { result }) }
}

/** Names are `name`, `package/name`, or either in a namespace: `/namespace/…`. */
export function pathOf(collection: 'actions' | 'triggers', name: string): string {
  const [namespace = '', ...rest] = name.startsWith('/') ? name.slice(1).split('/') : ['_', ...name.split('/')]
  return `/api/v1/namespaces/${[namespace, collection, ...rest].map(encodeURIComponent).join('/')}`
}

function resultOf(activation: JsonValue): JsonValue | undefined {
  const response = memberOf(activation, 'response')
  return response === undefined ? undefined : memberOf(response, 'result')
}

function memberOf(value: JsonValue, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined
}
