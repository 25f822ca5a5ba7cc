import type { JsonObject, JsonValue } from '@stemcell/core'
import { REQUEST_PATH } from './back-ends.ts'
import { isObject, listAt, objectAt, textAt } from './json.ts'
import { operationId, operationsOf } from './operations.ts'
import type { ActionName } from './web-action-url.ts'

/** One path and verb of an API. */
export interface Endpoint {
  readonly path: string
  readonly verb: string
  readonly name: ActionName
  /** Of the web action. */
  readonly url: string
  readonly responseType: string
  readonly parameters: readonly JsonValue[]
  /** What `require-whisk-auth` of the action asks for. */
  readonly secureKey?: JsonValue
}

/** An API without endpoints. */
export function emptyDocument(basePath: string, name: string | undefined): JsonObject {
  return {
    swagger: '2.0',
    info: { title: name ?? basePath, version: '1.0.0' },
    basePath,
    paths: {},
    'x-ibm-configuration': {
      assembly: { execute: [{ 'operation-switch': { case: [] } }] },
      cors: { enabled: true },
    },
  }
}

/** The document with an endpoint added, or replaced. */
export function withEndpoint(document: JsonObject, endpoint: Endpoint): JsonObject {
  const verb = endpoint.verb.toLowerCase()
  const id = operationId(verb, endpoint.path)
  const operation: JsonObject = {
    operationId: id,
    parameters: [...endpoint.parameters],
    'x-openwhisk': { url: endpoint.url, ...endpoint.name },
    responses: { default: { description: 'Default response' } },
  }
  const paths = objectAt(document, 'paths')
  const edited = {
    ...document,
    paths: { ...paths, [endpoint.path]: { ...objectAt(paths, endpoint.path), [verb]: operation } },
  }
  return withCases(edited, [...casesOf(document).filter((one) => !names(one, id)), caseOf(id, endpoint)])
}

function caseOf(id: string, { url, responseType, secureKey }: Endpoint): JsonObject {
  const target = responseType === 'http' ? url + REQUEST_PATH : url
  const secured: JsonObject[] =
    secureKey === undefined || secureKey === null || secureKey === false
      ? []
      : [{ 'set-variable': { actions: [{ set: 'message.headers.X-Require-Whisk-Auth', value: secureKey }] } }]
  return { operations: [id], execute: [{ invoke: { 'target-url': target, verb: 'keep' } }, ...secured] }
}

/**
 * The document without a path, or without one verb of it; a path without verbs goes, too.
 * @throws MissingEndpoint
 */
export function withoutEndpoint(document: JsonObject, path: string, verb: string | undefined): JsonObject {
  const paths = objectAt(document, 'paths')
  const item = Object.hasOwn(paths, path) ? paths[path] : undefined
  if (!isObject(item)) {
    throw new MissingEndpoint(
      verb === undefined
        ? `path '${path}' does not exist in the API`
        : `path '${path}' with operation '${verb}' does not exist in the API`,
    )
  }
  if (verb !== undefined && !Object.hasOwn(item, verb)) {
    throw new MissingEndpoint(`path '${path}' with operation '${verb}' does not exist in the API`)
  }
  const gone = operationsOf({ paths: { [path]: item } }).filter((one) => verb === undefined || one.verb === verb)
  const left = Object.fromEntries(Object.entries(item).filter(([name]) => verb !== undefined && name !== verb))
  const isEmpty = operationsOf({ paths: { [path]: left } }).length === 0
  const kept = Object.entries(paths).filter(([name]) => name !== path)
  const edited = { ...document, paths: Object.fromEntries(isEmpty ? kept : [...kept, [path, left]]) }
  return withCases(
    edited,
    casesOf(document).filter((one) => !gone.some(({ id }) => names(one, id))),
  )
}

/** What was to be removed is not there; the message says so. */
export class MissingEndpoint extends Error {
  override readonly name = 'MissingEndpoint'
}

const SWITCH = 'operation-switch'

function casesOf(document: JsonObject): readonly JsonValue[] {
  const step = switchOf(document)
  return step ? listAt(objectAt(step, SWITCH), 'case') : []
}

function switchOf(document: JsonObject): JsonObject | undefined {
  const steps = listAt(objectAt(objectAt(document, configurationName(document)), 'assembly'), 'execute')
  return steps.filter(isObject).find((step) => Object.hasOwn(step, SWITCH))
}

function configurationName(document: JsonObject): string {
  return Object.hasOwn(document, 'x-gateway-configuration') ? 'x-gateway-configuration' : 'x-ibm-configuration'
}

/** A document that has no switch is given one only when there is something to put into it. */
function withCases(document: JsonObject, cases: readonly JsonValue[]): JsonObject {
  const step = switchOf(document)
  if (!step && cases.length === 0) return document
  const name = configurationName(document)
  const configuration = objectAt(document, name)
  const assembly = objectAt(configuration, 'assembly')
  const edited = { ...step, [SWITCH]: { ...(step ? objectAt(step, SWITCH) : {}), case: [...cases] } }
  const steps = listAt(assembly, 'execute')
  const execute = step ? steps.map((other) => (other === step ? edited : other)) : [...steps, edited]
  return { ...document, [name]: { ...configuration, assembly: { ...assembly, execute } } }
}

function names(one: JsonValue, id: string): boolean {
  return isObject(one) && listAt(one, 'operations').includes(id)
}

/** What an API is called, by people. */
export function titleOf(document: JsonObject): string | undefined {
  return textAt(objectAt(document, 'info'), 'title')
}
