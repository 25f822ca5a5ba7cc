import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '@stemcell/core'
import { GatewayRig, swaggerOf, type Answer } from './gateway-rig.ts'

let rig: GatewayRig
let base: string
let count = 0

beforeAll(async () => {
  rig = await GatewayRig.start()
  await rig.webAction('echo')
})
afterAll(() => rig.close())
beforeEach(() => {
  base = `/base${count++}`
})

const ACTION = {
  name: 'echo',
  namespace: '_',
  backendMethod: 'GET',
  backendUrl: 'https://openwhisk.example:8443/api/v1/web/_/default/echo.http',
  authkey: 'uuid:key',
}
const APIDOC = { namespace: '_', gatewayBasePath: '/b', gatewayPath: '/p', gatewayMethod: 'GET', action: ACTION }

const without = (object: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))

const post = (action: string, body: JsonObject): Promise<Answer> => rig.manage('POST', `${action}.http`, body)

function refused(answer: Answer, error: string): void {
  expect(answer.status, answer.text).toBe(502)
  expect(answer.headers['content-type']).toBe('application/json')
  expect(answer.body).toEqual({ error })
}

/** Documents of the APIs that are called so. */
async function apis(basePathOrName: string): Promise<JsonObject[]> {
  const answer = await rig.manage('GET', `getApi.http?basepath=${encodeURIComponent(basePathOrName)}`)
  expect(answer.status, answer.text).toBe(200)
  const { apis: found } = answer.body as unknown as { apis: { value: { apidoc: JsonObject } }[] }
  return found.map(({ value }) => value.apidoc)
}

describe('createApi', () => {
  it('answers with the API as the client reads it', async () => {
    const answer = await rig.create(base, '/hello/{name}', 'GET', 'echo', { apidoc: { apiName: 'Greetings' } })
    const url = 'https://openwhisk.example/api/v1/web/guest/default/echo.http'
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      namespace: 'Not Used',
      gwApiActivated: true,
      tenantId: 'Not Used',
      gwApiUrl: rig.apis + base,
      apidoc: {
        swagger: '2.0',
        info: { title: 'Greetings', version: '1.0.0' },
        basePath: base,
        paths: {
          '/hello/{name}': {
            get: {
              operationId: 'getHelloName',
              parameters: [{ name: 'name', in: 'path', required: true, type: 'string', description: 'name' }],
              'x-openwhisk': { url, namespace: 'guest', package: '', action: 'echo' },
              responses: { default: { description: 'Default response' } },
            },
          },
        },
        'x-ibm-configuration': {
          assembly: {
            execute: [
              {
                'operation-switch': {
                  case: [
                    {
                      operations: ['getHelloName'],
                      execute: [{ invoke: { 'target-url': `${url}$(request.path)`, verb: 'keep' } }],
                    },
                  ],
                },
              },
            ],
          },
          cors: { enabled: true },
        },
      },
    })
  })

  it('names the API by its base path when it gets no name', async () => {
    await rig.create(base, '/x', 'GET', 'echo')
    expect((await apis(base))[0]).toMatchObject({ info: { title: base } })
  })

  it('adds paths and verbs to an API, and overwrites those that are there', async () => {
    await rig.create(base, '/x', 'GET', 'echo')
    await rig.create(base, '/x', 'post', 'echo')
    await rig.create(base, '/y', 'PUT', 'echo')
    await rig.create(base, '/x', 'get', 'other', { type: 'json' })
    const [document] = await apis(base)
    expect(document).toMatchObject({
      paths: {
        '/x': {
          get: { 'x-openwhisk': { action: 'other', url: expect.stringMatching(/other\.json$/) as string } },
          post: {},
        },
        '/y': { put: {} },
      },
    })
    const text = JSON.stringify(document)
    expect(text.match(/"operations":\["getX"\]/g)).toHaveLength(1)
    expect(text).not.toContain('echo.json')
  })

  it('writes the header of a secured action', async () => {
    await rig.create(base, '/x', 'GET', 'echo', { action: { secureKey: 1234 } })
    expect(JSON.stringify(await apis(base))).toContain(
      '{"set-variable":{"actions":[{"set":"message.headers.X-Require-Whisk-Auth","value":1234}]}}',
    )
  })

  it.each([
    ['pkg/a', '_', 'guest', 'pkg', 'a', 'guest/pkg/a'],
    ['a', '_', 'guest', '', 'a', 'guest/default/a'],
    ['a', 'others', 'others', '', 'a', 'others/default/a'],
    ['/others/pkg/a', 'others', 'others', 'pkg', 'a', 'others/pkg/a'],
    ['/others/pkg/a', '_', 'others', 'pkg', 'a', 'others/pkg/a'],
    ['/_/a', '_', 'guest', '', 'a', 'guest/default/a'],
  ])('action %s of namespace %s', async (name, namespace, ns, pkg, action, path) => {
    await rig.create(base, '/x', 'GET', 'unused', { type: 'json', action: { name, namespace } })
    expect((await apis(base))[0]).toMatchObject({
      paths: {
        '/x': {
          get: {
            'x-openwhisk': {
              namespace: ns,
              package: pkg,
              action,
              url: `https://openwhisk.example/api/v1/web/${path}.json`,
            },
          },
        },
      },
    })
  })

  it('makes words of a path for the operation’s id', async () => {
    await rig.create(base, '/book-list/{id}/my_page.html', 'DELETE', 'echo')
    expect(JSON.stringify(await apis(base))).toContain('"operationId":"deleteBook-listIdMy_pageHtml"')
  })

  it('takes its response type from query or body, and is json without one', async () => {
    await post('createApi', { apidoc: { ...APIDOC, gatewayBasePath: base }, responsetype: 'text' })
    expect(JSON.stringify(await apis(base))).toContain('echo.text')
    await post('createApi', { apidoc: { ...APIDOC, gatewayBasePath: base } })
    expect(JSON.stringify(await apis(base))).toContain('echo.json')
  })

  it('takes the document as text, with everything in one body', async () => {
    const answer = await rig.manage('POST', 'createApi.http?blocking=true&result=true', {
      accesstoken: 'uuid:key',
      spaceguid: 'uuid',
      responsetype: 'json',
      basepath: base,
      relpath: '/p',
      operation: 'get',
      apidoc: JSON.stringify({ ...APIDOC, gatewayBasePath: base }),
    })
    expect(answer.status).toBe(200)
    expect(await apis(base)).toHaveLength(1)
  })

  it('replaces an API by a Swagger document, which is kept as it is', async () => {
    await rig.create(base, '/x', 'GET', 'echo')
    const document = swaggerOf(base, { 'POST /y': 'echo' }, { 'x-mine': { of: ['any', null, 1.5] } })
    expect((await rig.swagger(document)).body).toMatchObject({ gwApiUrl: rig.apis + base, apidoc: document })
    expect(await apis(base)).toEqual([document])
    const asObject = { ...document, info: { title: 'Object', version: '2' } }
    await post('createApi', { apidoc: { namespace: '_', swagger: asObject } })
    expect(await apis('Object')).toEqual([asObject])
  })

  it('takes a Swagger document that knows nothing of actions', async () => {
    const verbs = ['get', 'put', 'post', 'delete', 'head', 'options', 'patch']
    const operations = verbs.map((verb): [string, JsonObject] => [verb, { responses: { 200: { description: 'x' } } }])
    const paths = { '/pets': { ...Object.fromEntries(operations), parameters: [] } }
    const document = { swagger: '2.0', info: { title: 'Pets', version: '1' }, basePath: base, paths }
    expect((await rig.swagger(document)).body).toMatchObject({ apidoc: document })
  })

  const INVALID = 'apidoc field cannot be parsed. Ensure it is valid JSON.'
  it.each<[string, JsonObject]>([
    ['apidoc is required.', {}],
    ['apidoc is required.', { apidoc: '' }],
    ['apidoc is required.', { apidoc: null }],
    [INVALID, { apidoc: '{' }],
    ['apidoc field is of type number and should be a JSON object or a JSON string.', { apidoc: 7 }],
    ['apidoc field is of type boolean and should be a JSON object or a JSON string.', { apidoc: true }],
    ['apidoc is missing the namespace field', { apidoc: without(APIDOC, 'namespace') }],
    ['apidoc is missing the gatewayBasePath field', { apidoc: without(APIDOC, 'gatewayBasePath') }],
    ['apidoc is missing the gatewayPath field', { apidoc: without(APIDOC, 'gatewayPath') }],
    ['apidoc is missing the gatewayMethod field', { apidoc: without(APIDOC, 'gatewayMethod') }],
    ['apidoc is missing the action field.', { apidoc: without(APIDOC, 'action') }],
    ...['backendMethod', 'backendUrl', 'namespace', 'name', 'authkey'].map((field): [string, JsonObject] => [
      `action is missing the ${field} field.`,
      { apidoc: { ...APIDOC, action: without(ACTION, field) } },
    ]),
    [
      'swagger and gatewayBasePath are mutually exclusive and cannot be specified together.',
      { apidoc: { ...APIDOC, swagger: {} } },
    ],
    [
      'swagger field cannot be parsed. Ensure it is valid JSON.',
      { apidoc: { namespace: '_', swagger: 'swagger: 2.0' } },
    ],
    ['swagger field is number and should be an object or a JSON string.', { apidoc: { namespace: '_', swagger: 3 } }],
    ['swagger is missing the basePath field.', { apidoc: { namespace: '_', swagger: { paths: {}, info: {} } } }],
    ['swagger is missing the paths field.', { apidoc: { namespace: '_', swagger: { basePath: '/', info: {} } } }],
    ['swagger is missing the info field.', { apidoc: { namespace: '_', swagger: { basePath: '/', paths: {} } } }],
  ])('refuses: %s', async (error, body) => {
    refused(await post('createApi', body), error)
  })

  const GATEWAY = 'API creation failure: Unable to configure the API Gateway (status code 400): Error: '
  it.each<[string, JsonObject]>([
    [`${GATEWAY}Resource path must begin with '/'.`, { gatewayPath: 'bad' }],
    [`${GATEWAY}Resource verb 'bad' not supported.`, { gatewayMethod: 'BAD' }],
    [`${GATEWAY}Base path must begin with '/'.`, { gatewayBasePath: 'bad' }],
    [`${GATEWAY}Resource path '/a*b' is malformed.`, { gatewayPath: '/a*b' }],
    [`${GATEWAY}Resource path '/{a' is malformed.`, { gatewayPath: '/{a' }],
    [
      'API creation failure: The base path (/a/{b}) cannot have parameters. Only the relative path supports path parameters.',
      { gatewayBasePath: '/a/{b}' },
    ],
    [
      "API creation failure: The parameter 'id' defined in path '/a/{id}' does not match any of the parameters defined " +
        'for the path in the swagger file.',
      { gatewayPath: '/a/{id}' },
    ],
  ])('refuses: %s', async (error, change) => {
    refused(await rig.manage('POST', 'createApi.http?responsetype=http', { apidoc: { ...APIDOC, ...change } }), error)
  })

  it('refuses path parameters for actions that are not told the path', async () => {
    refused(
      await rig.create(base, '/a/{id}', 'GET', 'echo', { type: 'json' }),
      "API creation failure: The action must use a response type of '.http' in order to receive the path parameters.",
    )
    const document = swaggerOf(base, { 'GET /a/{id}': 'echo' })
    const target = 'https://h/api/v1/web/guest/default/other.http'
    const execute = [{ invoke: { 'target-url': target } }]
    refused(
      await rig.swagger({ ...document, 'x-ibm-configuration': { assembly: { execute } } }),
      "API creation failure: The target-url for operationId 'GET /a/{id}' must end in '$(request.path)' in order for " +
        'actions to receive the path parameters.',
    )
  })

  it.each<[string, JsonObject]>([
    [`${GATEWAY}Empty resources object.`, { paths: {} }],
    [`${GATEWAY}The paths are no object.`, { paths: [] }],
    [`${GATEWAY}Resource verb 'fetch' not supported.`, { paths: { '/x': { fetch: {} } } }],
    [
      `${GATEWAY}Resource paths '/{a}' and '/{b}' are the same.`,
      {
        paths: {
          '/{a}': { get: { parameters: [{ name: 'a' }] } },
          '/{b}': { put: { parameters: [{ name: 'b' }] } },
        },
      },
    ],
    [`${GATEWAY}The rate limit is malformed.`, { 'x-gateway-rate-limit': [{ rate: 'many' }] }],
    [
      `${GATEWAY}Security definition 'oauth' is not an apiKey in header or query.`,
      { securityDefinitions: { oauth: { type: 'oauth2' } } },
    ],
  ])('refuses a document: %s', async (error, change) => {
    refused(await rig.swagger({ ...swaggerOf(base, { 'GET /x': 'echo' }), ...change }), error)
    expect(await apis(base)).toEqual([])
  })
})

describe('getApi', () => {
  it('has nothing to tell of an API that does not exist', async () => {
    expect((await rig.manage('GET', 'getApi.http?basepath=/missing')).body).toEqual({ apis: [] })
  })

  it('finds an API by base path or by name, and lists all', async () => {
    await rig.create(base, '/x', 'GET', 'echo', { apidoc: { apiName: `Name of ${base}` } })
    expect(await apis(base)).toHaveLength(1)
    expect(await apis(`Name of ${base}`)).toHaveLength(1)
    expect(await apis('Name of')).toEqual([])
    const all = await rig.manage('GET', 'getApi.http?limit=200&skip=0')
    const { apis: listed } = all.body as unknown as { apis: JsonObject[] }
    expect(listed.length).toBeGreaterThan(1)
    expect(listed).toContainEqual({
      id: 'Not Used',
      key: 'Not Used',
      value: expect.objectContaining({ gwApiUrl: rig.apis + base, gwApiActivated: true }) as JsonValue,
    })
    const page = await rig.manage('GET', 'getApi.http?limit=1&skip=1')
    expect(page.body).toEqual({ apis: [listed[1]] })
  })

  it('takes its parameters from a body, too', async () => {
    await rig.create(base, '/x', 'GET', 'echo')
    const answer = await post('getApi', { basepath: base, relpath: '/x', operation: 'get', accesstoken: 'a:b' })
    expect(answer.body).toMatchObject({ apis: [{ value: { apidoc: { basePath: base } } }] })
  })

  it('refuses formats that it does not know', async () => {
    refused(
      await rig.manage('GET', 'getApi.http?outputFormat=yaml'),
      'Invalid outputFormat value. Valid values are: apigw, swagger',
    )
  })
})

describe('deleteApi', () => {
  const remove = (query: string): Promise<Answer> => rig.manage('DELETE', `deleteApi.http?${query}`)

  it('removes an API by base path or by name', async () => {
    await rig.create(base, '/x', 'GET', 'echo', { apidoc: { apiName: `${base} to go`.slice(1) } })
    expect(await remove(`basepath=${base}`)).toMatchObject({ status: 200, body: {} })
    expect(await apis(base)).toEqual([])
    await rig.create(base, '/x', 'GET', 'echo', { apidoc: { apiName: `${base} to go`.slice(1) } })
    expect((await remove(`basepath=${encodeURIComponent(`${base} to go`.slice(1))}`)).status).toBe(200)
    expect(await apis(base)).toEqual([])
  })

  it('removes a verb, then the path with its last verb, then the API with its last path', async () => {
    await rig.create(base, '/x', 'GET', 'echo')
    await rig.create(base, '/x', 'POST', 'echo')
    await rig.create(base, '/y', 'GET', 'echo')
    expect((await remove(`basepath=${base}&relpath=/x&operation=GET`)).status).toBe(200)
    let [document] = await apis(base)
    expect(Object.keys((document as unknown as { paths: { '/x': object } }).paths['/x'])).toEqual(['post'])
    expect(JSON.stringify(document)).not.toContain('getX')
    expect((await remove(`basepath=${base}&relpath=/x&operation=post`)).status).toBe(200)
    ;[document] = await apis(base)
    expect(Object.keys(document!['paths'] as object)).toEqual(['/y'])
    expect((await remove(`basepath=${base}&relpath=/y`)).status).toBe(200)
    expect(await apis(base)).toEqual([])
  })

  it('refuses what does not exist', async () => {
    await rig.create(base, '/x', 'GET', 'echo')
    const failure = 'API deletion failure: '
    refused(await remove('basepath=/missing'), `${failure}API '/missing' does not exist.`)
    refused(await remove('basepath=missing'), `${failure}API 'missing' does not exist.`)
    refused(await remove(`basepath=${base}&relpath=/z`), `${failure}path '/z' does not exist in the API`)
    refused(
      await remove(`basepath=${base}&relpath=/x&operation=PUT`),
      `${failure}path '/x' with operation 'put' does not exist in the API`,
    )
    refused(await remove('relpath=/x'), 'basepath is required.')
    refused(await remove(`basepath=${base}&operation=get`), 'When specifying an operation, the path is required.')
    expect(await apis(base)).toHaveLength(1)
  })
})

describe('apimgmt', () => {
  it('asks for credentials', async () => {
    const nobody = ''
    refused(await rig.manage('POST', 'createApi.http', { apidoc: APIDOC }, nobody), 'A valid auth key is required.')
    refused(await rig.manage('GET', 'getApi.http', undefined, nobody), 'Invalid authentication.')
    refused(await rig.manage('DELETE', 'deleteApi.http?basepath=/x', undefined, nobody), 'Invalid authentication.')
    expect((await rig.manage('GET', 'getApi.http?__ow_user=guest', undefined, nobody)).status).toBe(400)
  })

  it('shows and changes nobody’s APIs but the caller’s, whatever the caller says', async () => {
    await rig.create(base, '/x', 'GET', 'echo')
    const { uuid, key } = await rig.platform.subjects.createUser(`other${count}`)
    const other = `Basic ${Buffer.from(`${uuid}:${key}`).toString('base64')}`
    const asGuest = 'namespace=guest&spaceguid=uuid&__ow=guest'
    expect((await rig.manage('GET', `getApi.http?${asGuest}`, undefined, other)).body).toEqual({ apis: [] })
    expect((await rig.manage('DELETE', `deleteApi.http?basepath=${base}&${asGuest}`, undefined, other)).status).toBe(
      502,
    )
    expect(await apis(base)).toHaveLength(1)
  })

  it('is no package that users see, bind or invoke', async () => {
    const packages = await rig.guest.request('GET', '/api/v1/namespaces/whisk.system/packages')
    expect(packages.body).toEqual([])
    const path = '/api/v1/namespaces/whisk.system/actions/apimgmt/getApi?blocking=true'
    expect((await rig.guest.request('POST', path, {})).status).toBe(403)
  })

  it('loses no change of many at the same time', async () => {
    const paths = Array.from({ length: 40 }, (_, index) => `/p${index}`)
    const answers = await Promise.all(paths.map((path) => rig.create(base, path, 'GET', 'echo')))
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200))
    expect(Object.keys((await apis(base))[0]!['paths'] as object).sort()).toEqual(paths.toSorted())
  })

  it('leaves nothing in the store but what is in use', async () => {
    const prefix = 'whisk.system/apimgmt/contents/'
    const before = await ids(prefix)
    for (let round = 0; round < 3; round++) await rig.create(base, '/x', 'GET', `a${round}`)
    expect(await ids(prefix)).toHaveLength(before.length + 1)
    await rig.manage('DELETE', `deleteApi.http?basepath=${base}`)
    expect(await ids(prefix)).toEqual(before)
  })

  async function ids(prefix: string): Promise<string[]> {
    const found: string[] = []
    for await (const { id } of rig.entityStore.scan({ prefix })) found.push(id)
    return found.sort()
  }

  it('needs to know where its APIs are served', async () => {
    const elsewhere = await GatewayRig.start({ port: undefined })
    refused(await elsewhere.manage('GET', 'getApi.http'), 'gwUrl is required.')
    await elsewhere.close()
    const told = await GatewayRig.start({ port: undefined, url: 'https://apis.example/' })
    const answer = await told.create('/b', '/x', 'GET', 'echo')
    expect(answer.body).toMatchObject({ gwApiUrl: 'https://apis.example/api/guest/b' })
    await told.close()
  })
})
