import type { JsonObject, JsonValue } from '@stemcell/core'
import { isObject, listAt, objectAt, textAt } from './json.ts'
import { operationsOf } from './operations.ts'

const JSON_TYPE = 'application/json'
const OWN_SETTINGS = /^x-(?:openwhisk|ibm-.*|gateway-.*)$/
const NO_DESCRIPTION = 'Default response'

/** What describes a value rather than the parameter that carries it. */
const SCHEMA_FIELDS = new Set(
  (
    'type format items default enum pattern uniqueItems multipleOf maximum exclusiveMaximum minimum exclusiveMinimum ' +
    'maxLength minLength maxItems minItems'
  ).split(' '),
)

/** An API in Swagger 2, without the gateway's own settings, which name back ends and their secrets. */
export function swaggerDocument(document: JsonObject, url: string): JsonObject {
  const { protocol, host, pathname } = new URL(url)
  return {
    ...(withoutExtensions(document) as JsonObject),
    swagger: '2.0',
    host,
    basePath: pathname.replace(/(?<=.)\/+$/, ''),
    schemes: [protocol.slice(0, -1)],
  }
}

/** The same in OpenAPI 3. */
export function openApiDocument(document: JsonObject, url: string): JsonObject {
  const clean = withoutExtensions(document) as JsonObject
  const paths: Record<string, JsonObject> = {}
  for (const [path, item] of Object.entries(objectAt(clean, 'paths'))) {
    if (!isObject(item)) continue
    const shared = listAt(item, 'parameters')
    const operations = operationsOf({ paths: { [path]: item } }).map(({ verb, operation }): [string, JsonObject] => [
      verb.toLowerCase(),
      openApiOperation(clean, operation, shared),
    ])
    paths[path] = Object.fromEntries(operations)
  }
  const schemas = objectAt(clean, 'definitions')
  const securitySchemes = Object.fromEntries(
    Object.entries(objectAt(clean, 'securityDefinitions')).filter(
      ([, scheme]) => isObject(scheme) && scheme['type'] === 'apiKey',
    ),
  )
  const components: JsonObject = {
    ...(Object.keys(schemas).length === 0 ? {} : { schemas: moved(schemas) }),
    ...(Object.keys(securitySchemes).length === 0 ? {} : { securitySchemes }),
  }
  return {
    openapi: '3.0.3',
    info: objectAt(clean, 'info'),
    servers: [{ url: url.replace(/\/+$/, '') }],
    ...(Object.hasOwn(clean, 'tags') ? { tags: clean['tags']! } : {}),
    ...securityOf(clean, securitySchemes),
    paths,
    ...(Object.keys(components).length === 0 ? {} : { components }),
  }
}

/** Every definition counts where the document does not say which. */
function securityOf(document: JsonObject, schemes: JsonObject): JsonObject {
  if (Object.hasOwn(document, 'security')) return { security: document['security']! }
  const names = Object.keys(schemes)
  return names.length === 0 ? {} : { security: [Object.fromEntries(names.map((name) => [name, []]))] }
}

function openApiOperation(document: JsonObject, operation: JsonObject, shared: readonly JsonValue[]): JsonObject {
  const { parameters: _own, consumes, produces, responses: _all, schemes: _schemes, ...kept } = operation
  const all = [...shared, ...listAt(operation, 'parameters')].map((one) => resolved(document, one)).filter(isObject)
  const inPlace = (place: string): JsonObject[] => all.filter((one) => one['in'] === place)
  const [body] = inPlace('body')
  const form = inPlace('formData')
  const types = textsOf(consumes ?? document['consumes'])
  const parameters = all.filter((one) => one['in'] !== 'body' && one['in'] !== 'formData').map(openApiParameter)
  return {
    ...(moved(kept) as JsonObject),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body ? { requestBody: requestBody(body, types) } : form.length > 0 ? { requestBody: formBody(form) } : {}),
    responses: openApiResponses(operation, textsOf(produces ?? document['produces'])),
  }
}

function openApiParameter(parameter: JsonObject): JsonObject {
  const entries = Object.entries(parameter)
  const schema = entries.filter(([name]) => SCHEMA_FIELDS.has(name))
  const others = entries.filter(([name]) => !SCHEMA_FIELDS.has(name) && name !== 'collectionFormat')
  return { ...Object.fromEntries(others), schema: moved(Object.fromEntries(schema)) }
}

function requestBody(body: JsonObject, types: readonly string[]): JsonObject {
  const { description, required, schema } = body
  return {
    ...(description === undefined ? {} : { description }),
    ...(required === undefined ? {} : { required }),
    content: contentOf(types, schema),
  }
}

function formBody(fields: readonly JsonObject[]): JsonObject {
  const isFile = fields.some(({ type }) => type === 'file')
  const properties = fields.map((field): [string, JsonObject] => {
    const { schema } = openApiParameter(field)
    const isFileField = field['type'] === 'file'
    return [textAt(field, 'name') ?? '', isFileField ? { type: 'string', format: 'binary' } : (schema as JsonObject)]
  })
  const required = fields.filter((field) => field['required'] === true).map((field) => textAt(field, 'name') ?? '')
  const schema: JsonObject = {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
  }
  return { content: { [isFile ? 'multipart/form-data' : 'application/x-www-form-urlencoded']: { schema } } }
}

function openApiResponses(operation: JsonObject, types: readonly string[]): JsonObject {
  const given = Object.entries(objectAt(operation, 'responses'))
  if (given.length === 0) return { default: { description: NO_DESCRIPTION } }
  const responses = given.map(([status, response]): [string, JsonObject] => {
    const { schema, description, headers } = isObject(response) ? response : {}
    const shownHeaders = isObject(headers)
      ? Object.entries(headers).filter((entry): entry is [string, JsonObject] => isObject(entry[1]))
      : []
    return [
      status,
      {
        description: typeof description === 'string' ? description : NO_DESCRIPTION,
        ...(schema === undefined ? {} : { content: contentOf(types, schema) }),
        ...(shownHeaders.length === 0
          ? {}
          : { headers: Object.fromEntries(shownHeaders.map(([name, header]) => [name, openApiParameter(header)])) }),
      },
    ]
  })
  return Object.fromEntries(responses)
}

function contentOf(types: readonly string[], schema: JsonValue | undefined): JsonObject {
  const media: JsonObject = schema === undefined ? {} : { schema: moved(schema) }
  return Object.fromEntries((types.length === 0 ? [JSON_TYPE] : types).map((type) => [type, media]))
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** A parameter that is described elsewhere in the document. */
function resolved(document: JsonObject, parameter: JsonValue): JsonValue {
  if (!isObject(parameter)) return parameter
  const name = /^#\/parameters\/(.+)$/.exec(textAt(parameter, '$ref') ?? '')?.[1]
  return name === undefined ? parameter : objectAt(objectAt(document, 'parameters'), name)
}

/** References to definitions, in the place where OpenAPI 3 has them. */
function moved(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(moved)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === '$ref' && typeof member === 'string'
        ? member.replace(/^#\/definitions\//, '#/components/schemas/')
        : moved(member),
    ]),
  )
}

function withoutExtensions(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutExtensions)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      OWN_SETTINGS.test(name) ? [] : [[name, withoutExtensions(member)]],
    ),
  )
}
