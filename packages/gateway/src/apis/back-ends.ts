import type { JsonObject, JsonValue } from '@stemcell/core'
import { isObject, listAt, objectAt, textAt } from './json.ts'
import type { Operation } from './operations.ts'

/** Where a request is sent, and with what besides. */
export interface BackEnd {
  readonly url: string
  /** `keep`, or the method that is used instead. */
  readonly verb: string
  /** Headers that are set, whatever the client sent. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** What `$(request.path)` at the end of a target stands for: the path that was asked for, base path included. */
export const REQUEST_PATH = '$(request.path)'

const HEADER = /^message\.headers\.([!#$%&'*+.^_`|~0-9A-Za-z-]+)$/

/** What the gateway's own part of a document says; IBM's name for it is the older one. */
export function configurationOf(document: JsonObject): JsonObject {
  return Object.hasOwn(document, 'x-gateway-configuration')
    ? objectAt(document, 'x-gateway-configuration')
    : objectAt(document, 'x-ibm-configuration')
}

/** The back end of an operation: its case of the operation switch, else the one of all, else its web action. */
export function backEndOf(document: JsonObject, { id, operation }: Operation): BackEnd | undefined {
  const assembly = listAt(objectAt(configurationOf(document), 'assembly'), 'execute')
  const steps: JsonValue[] = []
  for (const step of assembly) {
    if (!isObject(step)) continue
    if (!Object.hasOwn(step, 'operation-switch')) steps.push(step)
    for (const one of listAt(objectAt(step, 'operation-switch'), 'case')) {
      if (isObject(one) && listAt(one, 'operations').includes(id)) steps.push(...listAt(one, 'execute'))
    }
  }
  const headers: (readonly [string, string])[] = []
  let url: string | undefined
  let verb = 'keep'
  for (const step of steps) {
    if (!isObject(step)) continue
    const invoke = objectAt(step, 'invoke')
    url = textAt(invoke, 'target-url') ?? url
    verb = textAt(invoke, 'verb') ?? verb
    for (const action of listAt(objectAt(step, 'set-variable'), 'actions')) {
      const header = isObject(action) ? headerOf(action) : undefined
      if (header) headers.push(header)
    }
  }
  url ??= textAt(objectAt(operation, 'x-openwhisk'), 'url')
  return url === undefined ? undefined : { url, verb, headers }
}

function headerOf(action: JsonObject): readonly [string, string] | undefined {
  const name = HEADER.exec(textAt(action, 'set') ?? '')?.[1]
  const { value } = action
  return name === undefined || value === undefined || typeof value === 'object' ? undefined : [name, String(value)]
}
