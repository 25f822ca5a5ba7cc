import type { JsonObject, JsonValue } from '../../model/json.ts'
import type { Operation, QueryParameter, Route } from './route.ts'
import { DEFINITIONS, type SchemaName } from './schemas/definitions.ts'
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
    produces: ['application/json'],
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
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, path) }
  }
  return paths
}

function operation(route: Route, path: string): JsonObject {
  const { method, tag = '', summary, query = [], request, variants } = route
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
  return {
    tags: [tag],
    summary,
    operationId: operationId(method, path),
    security: route.auth === 'basic' ? [{ basicAuth: [] }] : [],
    parameters: [...names.map(inPath), ...query.map(inQuery), ...(request ? [inBody(request)] : [])],
    responses: responsesOf(route),
    ...(variants && {
      'x-when-true': Object.fromEntries(Object.entries(variants).map(([name, schema]) => [name, reference(schema)])),
    }),
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
  const description = name === 'namespace' ? 'A namespace; _ stands for that of the caller.' : `Name of the ${name}.`
  return { name, in: 'path', required: true, type: 'string', description: NAMED[name] ?? description }
}

const NAMED: Readonly<Record<string, string>> = { name: 'Name of the entity.', id: 'Id of the activation.' }

function inQuery({ name, type, description }: QueryParameter): JsonObject {
  return { name, in: 'query', required: false, type, description }
}

/** Arguments may be left out, what is to be written may not. */
function inBody(schema: SchemaName): JsonObject {
  return { name: 'body', in: 'body', required: schema !== 'Arguments', schema: reference(schema) }
}

function responsesOf({ auth, request, responses }: Route): JsonObject {
  const refusals = [...ANY_OPERATION, ...(auth === 'basic' ? WITH_CREDENTIALS : []), ...(request ? WITH_BODY : [])]
  const all: Operation['responses'] = {
    ...Object.fromEntries(refusals.map((status) => [status, 'Error' as const])),
    ...responses,
  }
  return Object.fromEntries(Object.entries(all).map(([status, schema]) => [status, response(Number(status), schema)]))
}

function response(status: number, schema: SchemaName | 'none'): JsonObject {
  const description = status < 400 ? 'Done.' : 'Refused or failed.'
  return { description, ...(schema === 'none' ? {} : { schema: reference(schema) }) }
}

function reference(schema: SchemaName): JsonObject {
  return { $ref: `#/definitions/${schema}` }
}
