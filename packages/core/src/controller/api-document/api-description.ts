import type { JsonObject, JsonValue } from '../../model/json.ts'
import type { Operation, QueryParameter, Route } from '../http/route.ts'
import { DEFINITIONS, schemaOf, type SchemaName } from '../schemas/definitions.ts'
import { describeWebActions } from './web-action-description.ts'

const API = '/api/v1'

/** Refusals that any operation may answer with. */
const ANY_OPERATION = [400, 414, 500, 503]
const WITH_CREDENTIALS = [401, 404, 406]
const WITH_BODY = [413, 415]

/** The Swagger 2.0 document of the API: those of the rows below its path that have a tag, and web actions. */
export function describeApi(routes: readonly Route[]): JsonObject {
  const described = routes.filter(({ path, tag }) => tag !== undefined && isInApi(path))
  return document('OpenWhisk REST API', API, {
    ...pathsOf(described, (path) => path.slice(API.length) || '/'),
    ...describeWebActions(),
  })
}

/** The same of what lies outside the API. */
export function describeServer(routes: readonly Route[]): JsonObject {
  const described = routes.filter(({ path, tag }) => tag !== undefined && !isInApi(path))
  return document(
    'OpenWhisk server',
    '/',
    pathsOf(described, (path) => path),
  )
}

function isInApi(path: string): boolean {
  return path === API || path.startsWith(`${API}/`)
}

function document(title: string, basePath: string, paths: JsonObject): JsonObject {
  const used = withReferred(paths)
  return {
    swagger: '2.0',
    info: { title, version: '1.0.0' },
    basePath,
    consumes: ['application/json'],
    // Rejections from before a request has found its operation are text.
    produces: ['application/json', 'text/plain'],
    securityDefinitions: { basicAuth: { type: 'basic', description: 'UUID and key of a namespace.' } },
    paths,
    definitions: Object.fromEntries(
      Object.entries(DEFINITIONS)
        .filter(([name]) => used.has(name))
        .map(([name, schema]) => [name, schema as JsonValue]),
    ),
  }
}

/** Names of the definitions that a document needs. */
function withReferred(paths: JsonObject): ReadonlySet<string> {
  const found = new Set<string>()
  const look = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/"#\/definitions\/(\w+)"/g)) {
      if (found.has(name)) continue
      found.add(name)
      look(JSON.stringify(DEFINITIONS[name]))
    }
  }
  look(JSON.stringify(paths))
  return found
}

function pathsOf(routes: readonly Route[], shown: (path: string) => string): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const route of routes) {
    const path = shown(route.path)
    const id = route.operationId ?? operationId(route.method, path)
    const add = (at: string, operation: JsonObject): void => {
      paths[at] = { ...paths[at], [route.method.toLowerCase()]: operation }
    }
    add(path, operation(route, path, id))
    if (route.trailingSlash && path !== '/') {
      add(`${path}/`, { ...operation(route, path, `${id}Slash`), summary: `${route.summary}: the same path` })
    }
  }
  return paths
}

function operation(route: Route, path: string, id: string): JsonObject {
  const { tag = '', summary, produces, query = [], request } = route
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
  return {
    tags: [tag],
    summary,
    operationId: id,
    ...(produces && { produces: [...produces] }),
    security: route.auth === 'basic' ? [{ basicAuth: [] }] : [],
    parameters: [...names.map(inPath), ...query.map(inQuery), ...(request ? [inBody(request)] : [])],
    responses: responsesOf(route),
  }
}

/** A name that is made of the path, as `getNamespacesActionsByName`. */
function operationId(method: string, path: string): string {
  const words = path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => (segment.startsWith('{') ? `By-${segment.slice(1, -1)}` : segment))
    .flatMap((segment) => segment.split('-'))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  const slash = path.endsWith('}/') ? 'Inside' : ''
  return `${method.toLowerCase()}${words.join('') || 'Root'}${slash}`
}

function inPath(name: string): JsonObject {
  return { name, in: 'path', required: true, type: 'string', description: IN_PATH[name] ?? '' }
}

const IN_PATH: Readonly<Record<string, string>> = {
  namespace: 'A namespace; _ stands for that of the caller.',
  packageName: 'Name of the package.',
  actionName: 'Name of the action.',
  triggerName: 'Name of the trigger.',
  ruleName: 'Name of the rule.',
  activationid: 'Id of the activation.',
}

/** Words for true and false, in any case; nothing means the default. */
const FLAG_PATTERN = `^(?:${['true', 'yes', 'on', '1', 'false', 'no', 'off', '0'].map(inAnyCase).join('|')})?$`

function inAnyCase(word: string): string {
  return word.replaceAll(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`)
}

function inQuery({ name, type, description, minimum, maximum }: QueryParameter): JsonObject {
  const parameter = { name, in: 'query', required: false, description }
  if (type === 'boolean') return { ...parameter, type: 'string', pattern: FLAG_PATTERN, allowEmptyValue: true }
  return {
    ...parameter,
    type,
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  }
}

/** Arguments may be left out, what is to be written may not. */
function inBody(schema: SchemaName): JsonObject {
  const name = BODY_NAMES[schema] ?? 'body'
  return { name, in: 'body', required: schema !== 'Arguments', schema: schemaOf(schema) as JsonObject }
}

const BODY_NAMES: Readonly<Partial<Record<SchemaName, string>>> = {
  Arguments: 'payload',
  ActionPut: 'action',
  TriggerPut: 'trigger',
  RulePut: 'rule',
  RuleState: 'status',
  PackagePut: 'package',
}

function responsesOf({ auth, request, responses }: Route): JsonObject {
  const refusals = [...ANY_OPERATION, ...(auth === 'basic' ? WITH_CREDENTIALS : []), ...(request ? WITH_BODY : [])]
  const all: Operation['responses'] = {
    ...Object.fromEntries(refusals.map((status) => [status, 'ErrorMessage' as const])),
    ...responses,
  }
  return Object.fromEntries(Object.entries(all).map(([status, schema]) => [status, response(Number(status), schema)]))
}

function response(status: number, schema: SchemaName | 'none' | 'text'): JsonObject {
  const description = status < 400 ? 'Done.' : 'Refused or failed.'
  if (schema === 'none') return { description }
  return { description, schema: schema === 'text' ? { type: 'string' } : (schemaOf(schema) as JsonObject) }
}
