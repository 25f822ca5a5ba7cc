import { ANYTHING, type ContractRow, type Expectation, type RequestStep } from '../contract-row.ts'
import { POST } from '../paths.ts'

const APIMGMT = '/api/v1/web/whisk.system/apimgmt'
/** What clients send with every call. */
const TOKENS = 'accesstoken=DUMMY%20TOKEN&spaceguid=00000000-0000-4000-8000-000000000000'
const HOST = 'https://openwhisk.example'
const BASE = '/{u}'
const UNUSED = 'Not Used'

const ACTION = {
  name: 'a',
  namespace: '_',
  backendMethod: 'GET',
  backendUrl: `${HOST}/api/v1/web/_/default/a.http`,
  authkey: 'uuid:key',
}
const APIDOC = {
  namespace: '_',
  gatewayBasePath: BASE,
  gatewayPath: '/hello',
  gatewayMethod: 'GET',
  id: `API:_:${BASE}`,
  action: ACTION,
}
const PARAMETER = { name: 'isbn', in: 'path', required: true, type: 'string', description: 'ISBN' }

type Extra = Omit<RequestStep, 'method' | 'path'>

/** As `wsk api create`. */
function create(apidoc: unknown, responseType?: string, extra: Extra = {}): RequestStep {
  const type = responseType === undefined ? '' : `&responsetype=${responseType}`
  return POST(`${APIMGMT}/createApi.http?${TOKENS}${type}`, { apidoc }, extra)
}

/** As `wsk api get` and `wsk api list`. */
function get(query: string, extra: Extra = {}): RequestStep {
  return { method: 'GET', path: `${APIMGMT}/getApi.http?${TOKENS}&${query}`, ...extra }
}

/** As `wsk api delete`. */
function remove(query: string, extra: Extra = {}): RequestStep {
  return { method: 'DELETE', path: `${APIMGMT}/deleteApi.http?${TOKENS}&${query}`, ...extra }
}

function importing(swagger: unknown): RequestStep {
  return create({ namespace: '_', swagger })
}

/** Everything in a body, as system tests send it. */
function inBody(action: string, body: object): RequestStep {
  const all = { accesstoken: 'uuid:key', spaceguid: 'uuid', responsetype: 'json', basepath: BASE, relpath: '/hello' }
  return POST(`${APIMGMT}/${action}.http?blocking=true&result=true`, { ...all, operation: 'get', ...body })
}

function refused(error: string): Expectation {
  return { status: 502, headers: { 'content-type': 'application/json' }, args: { error }, fields: ['error'] }
}

const failed = (reason: string): Expectation => refused(`API creation failure: ${reason}`)
const notDeleted = (reason: string): Expectation => refused(`API deletion failure: ${reason}`)
const unable = (error: string): Expectation =>
  failed(`Unable to configure the API Gateway (status code 400): Error: ${error}`)

const SWAGGER = {
  swagger: '2.0',
  info: { title: '{u} of swagger', version: '7' },
  basePath: BASE,
  paths: { '/pets': { get: { operationId: 'pets', responses: { default: { description: 'Pets' } } } } },
}
const NONE = { status: 200, args: { apis: [] }, fields: ['apis'] }
const EMPTY: Expectation = { status: 200, text: /^\{\s*\}$/ }

function without(object: object, name: string): object {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))
}

/** The only API of the answer. */
function listed(apidoc: object): Expectation {
  const value = { namespace: UNUSED, gwApiActivated: true, tenantId: UNUSED, gwApiUrl: ANYTHING, apidoc }
  return { status: 200, body: { apis: [{ id: UNUSED, key: UNUSED, value }] } }
}

function named(basePath: string, title: string, paths: unknown): object {
  return {
    swagger: '2.0',
    info: { title, version: '1.0.0' },
    basePath,
    paths,
    'x-ibm-configuration': ANYTHING,
  }
}

function operation(operationId: string, url: string, name: object = {}, parameters: readonly object[] = []): object {
  return {
    operationId,
    parameters,
    'x-openwhisk': { url: `${HOST}/api/v1/web/${url}`, namespace: '{ns}', package: '', action: 'a', ...name },
    responses: { default: { description: 'Default response' } },
  }
}

const HELLO = operation('getHello', '{ns}/default/a.json')

const rows: readonly ContractRow[] = [
  {
    name: 'an API that is made is answered as clients read it',
    when: create({ ...APIDOC, apiName: 'Name of {u}' }, 'json'),
    answer: {
      status: 200,
      headers: { 'content-type': 'application/json' },
      fields: ['namespace', 'gwApiActivated', 'tenantId', 'gwApiUrl', 'apidoc'],
      body: {
        namespace: UNUSED,
        gwApiActivated: true,
        tenantId: UNUSED,
        gwApiUrl: ANYTHING,
        apidoc: named(BASE, 'Name of {u}', { '/hello': { get: HELLO } }),
      },
    },
  },
  {
    name: 'an API has its back ends in a part of the document that is the gateway’s',
    when: create(APIDOC, 'json'),
    answer: {
      status: 200,
      body: {
        apidoc: {
          'x-ibm-configuration': {
            assembly: {
              execute: [
                {
                  'operation-switch': {
                    case: [
                      {
                        operations: ['getHello'],
                        execute: [{ invoke: { 'target-url': `${HOST}/api/v1/web/{ns}/default/a.json`, verb: 'keep' } }],
                      },
                    ],
                  },
                },
              ],
            },
            cors: { enabled: true },
          },
        },
      },
    },
  },
  {
    name: 'the response type is json unless another is asked for',
    when: create(APIDOC),
    answer: { status: 200, body: { apidoc: named(BASE, BASE, { '/hello': { get: HELLO } }) } },
  },
  ...['text', 'html', 'svg', 'http'].map((type): ContractRow => ({
    name: `the response type ${type} is the extension of the web action`,
    when: create(APIDOC, type),
    answer: {
      status: 200,
      body: { apidoc: { paths: { '/hello': { get: operation('getHello', `{ns}/default/a.${type}`) } } } },
    },
  })),
  {
    name: 'path parameters are told to actions of response type http',
    when: create({ ...APIDOC, gatewayPath: '/book/{isbn}', pathParameters: [PARAMETER] }, 'http'),
    answer: {
      status: 200,
      body: {
        apidoc: {
          paths: { '/book/{isbn}': { get: operation('getBookIsbn', '{ns}/default/a.http', {}, [PARAMETER]) } },
          'x-ibm-configuration': {
            assembly: {
              execute: [
                {
                  'operation-switch': {
                    case: [
                      {
                        operations: ['getBookIsbn'],
                        execute: [
                          {
                            invoke: {
                              'target-url': `${HOST}/api/v1/web/{ns}/default/a.http$(request.path)`,
                              verb: 'keep',
                            },
                          },
                        ],
                      },
                    ],
                  },
                },
              ],
            },
          },
        },
      },
    },
  },
  {
    name: 'an action in a package is written with its package',
    when: create({ ...APIDOC, action: { ...ACTION, name: 'p/a' } }),
    answer: {
      status: 200,
      body: { apidoc: { paths: { '/hello': { get: operation('getHello', '{ns}/p/a.json', { package: 'p' }) } } } },
    },
  },
  {
    name: 'an action of another namespace is written with its namespace',
    when: create({ ...APIDOC, action: { ...ACTION, namespace: 'others' } }),
    answer: {
      status: 200,
      body: {
        apidoc: {
          paths: { '/hello': { get: operation('getHello', 'others/default/a.json', { namespace: 'others' }) } },
        },
      },
    },
  },
  {
    name: 'the header of a secured action is set by the gateway',
    when: create({ ...APIDOC, action: { ...ACTION, secureKey: 'key' } }),
    answer: {
      status: 200,
      body: {
        apidoc: {
          'x-ibm-configuration': {
            assembly: {
              execute: [
                {
                  'operation-switch': {
                    case: [
                      {
                        operations: ['getHello'],
                        execute: [
                          { invoke: ANYTHING },
                          {
                            'set-variable': {
                              actions: [{ set: 'message.headers.X-Require-Whisk-Auth', value: 'key' }],
                            },
                          },
                        ],
                      },
                    ],
                  },
                },
              ],
            },
          },
        },
      },
    },
  },
  {
    name: 'the document may be text',
    when: create(JSON.stringify(APIDOC)),
    answer: { status: 200, body: { apidoc: { basePath: BASE } } },
  },
  {
    name: 'an API is made by a body with everything in it',
    given: [inBody('createApi', { apidoc: APIDOC })],
    when: get(`basepath=${BASE}`),
    answer: listed(named(BASE, BASE, { '/hello': { get: HELLO } })),
  },
  {
    name: 'a verb is added to a path that is there',
    given: [create(APIDOC)],
    when: create({ ...APIDOC, gatewayMethod: 'post' }),
    answer: {
      status: 200,
      body: { apidoc: { paths: { '/hello': { get: HELLO, post: operation('postHello', '{ns}/default/a.json') } } } },
    },
  },
  {
    name: 'a path is added to an API that is there, which keeps its name',
    given: [create({ ...APIDOC, apiName: 'First {u}' })],
    when: create({ ...APIDOC, gatewayPath: '/more', apiName: 'Second {u}' }),
    answer: {
      status: 200,
      body: {
        apidoc: named(BASE, 'First {u}', { '/hello': { get: HELLO }, '/more': { get: ANYTHING } }),
      },
    },
  },
  {
    name: 'a verb that is there is overwritten',
    given: [create(APIDOC)],
    when: create({ ...APIDOC, action: { ...ACTION, name: 'b' } }),
    answer: {
      status: 200,
      body: {
        apidoc: { paths: { '/hello': { get: operation('getHello', '{ns}/default/b.json', { action: 'b' }) } } },
      },
    },
  },
  {
    name: 'a Swagger document is the API, as it is',
    when: importing(SWAGGER),
    answer: { status: 200, body: { apidoc: SWAGGER } },
  },
  {
    name: 'a Swagger document may be text',
    when: importing(JSON.stringify(SWAGGER)),
    answer: { status: 200, body: { apidoc: SWAGGER } },
  },
  {
    name: 'a Swagger document replaces an API entirely',
    given: [create(APIDOC), importing(SWAGGER)],
    when: get(`basepath=${BASE}`),
    answer: listed(SWAGGER),
  },
  { name: 'there is no API before one is made', when: get(`basepath=${BASE}`), answer: NONE },
  {
    name: 'an API is found by its base path',
    given: [create(APIDOC)],
    when: get(`basepath=${BASE}`),
    answer: listed(named(BASE, BASE, { '/hello': { get: HELLO } })),
  },
  {
    name: 'an API is found by its name',
    given: [create({ ...APIDOC, apiName: 'Name of {u}' })],
    when: get('basepath=Name%20of%20{u}'),
    answer: listed(named(BASE, 'Name of {u}', { '/hello': { get: HELLO } })),
  },
  {
    name: 'an API is not found by a part of its base path',
    given: [create({ ...APIDOC, gatewayBasePath: `${BASE}/deep` })],
    when: get(`basepath=${BASE}`),
    answer: NONE,
  },
  {
    name: 'an API is found whatever path and verb are asked for with it',
    given: [create(APIDOC)],
    when: get(`basepath=${BASE}&relpath=/other&operation=put`),
    answer: listed(named(BASE, BASE, { '/hello': { get: HELLO } })),
  },
  {
    name: 'an API is found by a body with everything in it',
    given: [create(APIDOC)],
    when: inBody('getApi', {}),
    answer: listed(named(BASE, BASE, { '/hello': { get: HELLO } })),
  },
  {
    name: 'APIs of others are not found',
    given: [create(APIDOC, 'json', { as: 'other' })],
    when: get(`basepath=${BASE}&namespace={other}`),
    answer: NONE,
  },
  {
    name: 'two namespaces may have an API of one base path',
    given: [create({ ...APIDOC, apiName: 'Other {u}' }, 'json', { as: 'other' }), create(APIDOC)],
    when: get(`basepath=${BASE}`),
    answer: listed(named(BASE, BASE, { '/hello': { get: HELLO } })),
  },
  { name: 'an API is deleted', given: [create(APIDOC)], when: remove(`basepath=${BASE}`), answer: EMPTY },
  {
    name: 'an API that was deleted is gone',
    given: [create(APIDOC), remove(`basepath=${BASE}`)],
    when: get(`basepath=${BASE}`),
    answer: NONE,
  },
  {
    name: 'an API is deleted by its name',
    given: [create({ ...APIDOC, apiName: 'Name of {u}' }), remove('basepath=Name%20of%20{u}')],
    when: get(`basepath=${BASE}`),
    answer: NONE,
  },
  {
    name: 'an API of others is not deleted',
    given: [create(APIDOC), remove(`basepath=${BASE}`, { as: 'other', expected: 502 })],
    when: get(`basepath=${BASE}`),
    answer: listed(named(BASE, BASE, { '/hello': { get: HELLO } })),
  },
  {
    name: 'a path is deleted with all its verbs',
    given: [
      create(APIDOC),
      create({ ...APIDOC, gatewayPath: '/more' }),
      create({ ...APIDOC, gatewayPath: '/more', gatewayMethod: 'PUT' }),
      remove(`basepath=${BASE}&relpath=/more`),
    ],
    when: get(`basepath=${BASE}`),
    answer: listed(named(BASE, BASE, { '/hello': { get: HELLO } })),
  },
  {
    name: 'a verb is deleted, whatever case it is written in',
    given: [
      create(APIDOC),
      create({ ...APIDOC, gatewayMethod: 'PUT' }),
      remove(`basepath=${BASE}&relpath=/hello&operation=PUT`),
    ],
    when: get(`basepath=${BASE}`),
    answer: listed(named(BASE, BASE, { '/hello': { get: HELLO } })),
  },
  {
    name: 'an API without paths is gone',
    given: [create(APIDOC), remove(`basepath=${BASE}&relpath=/hello&operation=get`)],
    when: get(`basepath=${BASE}`),
    answer: NONE,
  },
  {
    name: 'an API is deleted by a body',
    given: [create(APIDOC), POST(`${APIMGMT}/deleteApi.http?blocking=true`, { basepath: BASE, accesstoken: 'a:b' })],
    when: get(`basepath=${BASE}`),
    answer: NONE,
  },
  {
    name: 'an API that is not there is not deleted',
    when: remove(`basepath=${BASE}`),
    answer: notDeleted(`API '${BASE}' does not exist.`),
  },
  {
    name: 'a path that is not there is not deleted',
    given: [create(APIDOC)],
    when: remove(`basepath=${BASE}&relpath=/more`),
    answer: notDeleted("path '/more' does not exist in the API"),
  },
  {
    name: 'a verb that is not there is not deleted',
    given: [create(APIDOC)],
    when: remove(`basepath=${BASE}&relpath=/hello&operation=PUT`),
    answer: notDeleted("path '/hello' with operation 'put' does not exist in the API"),
  },
  { name: 'what is deleted must be named', when: remove('relpath=/hello'), answer: refused('basepath is required.') },
  {
    name: 'a verb is deleted of a path only',
    when: remove(`basepath=${BASE}&operation=get`),
    answer: refused('When specifying an operation, the path is required.'),
  },
  {
    name: 'nobody makes an API without credentials',
    when: create(APIDOC, 'json', { as: 'nobody' }),
    answer: refused('A valid auth key is required.'),
  },
  {
    name: 'nobody lists APIs without credentials',
    when: get('', { as: 'nobody' }),
    answer: refused('Invalid authentication.'),
  },
  {
    name: 'nobody deletes APIs without credentials',
    when: remove(`basepath=${BASE}`, { as: 'nobody' }),
    answer: refused('Invalid authentication.'),
  },
  { name: 'without a document no API is made', when: create(undefined), answer: refused('apidoc is required.') },
  {
    name: 'a document that is no JSON is refused',
    when: create('no JSON'),
    answer: refused('apidoc field cannot be parsed. Ensure it is valid JSON.'),
  },
  {
    name: 'a document that is a number is refused',
    when: create(1),
    answer: refused('apidoc field is of type number and should be a JSON object or a JSON string.'),
  },
  ...['namespace', 'gatewayBasePath', 'gatewayPath', 'gatewayMethod'].map((field): ContractRow => ({
    name: `a document without ${field} is refused`,
    when: create(without(APIDOC, field)),
    answer: refused(`apidoc is missing the ${field} field`),
  })),
  {
    name: 'a document without action is refused',
    when: create(without(APIDOC, 'action')),
    answer: refused('apidoc is missing the action field.'),
  },
  ...['backendMethod', 'backendUrl', 'namespace', 'name', 'authkey'].map((field): ContractRow => ({
    name: `an action without ${field} is refused for an API`,
    when: create({ ...APIDOC, action: without(ACTION, field) }),
    answer: refused(`action is missing the ${field} field.`),
  })),
  {
    name: 'a Swagger document beside a base path is refused',
    when: create({ ...APIDOC, swagger: SWAGGER }),
    answer: refused('swagger and gatewayBasePath are mutually exclusive and cannot be specified together.'),
  },
  {
    name: 'a Swagger document that is no JSON is refused',
    when: importing('swagger: "2.0"'),
    answer: refused('swagger field cannot be parsed. Ensure it is valid JSON.'),
  },
  {
    name: 'a Swagger document that is a number is refused',
    when: importing(2),
    answer: refused('swagger field is number and should be an object or a JSON string.'),
  },
  ...['basePath', 'paths', 'info'].map((field): ContractRow => ({
    name: `a Swagger document without ${field} is refused`,
    when: importing(without(SWAGGER, field)),
    answer: refused(`swagger is missing the ${field} field.`),
  })),
  {
    name: 'a path that does not begin with a slash is refused',
    when: create({ ...APIDOC, gatewayPath: 'hello' }),
    answer: unable("Resource path must begin with '/'."),
  },
  {
    name: 'a verb that is none is refused',
    when: create({ ...APIDOC, gatewayMethod: 'FETCH' }),
    answer: unable("Resource verb 'fetch' not supported."),
  },
  {
    name: 'a base path has no parameters',
    when: create({ ...APIDOC, gatewayBasePath: '/{u}/{isbn}' }),
    answer: failed(
      'The base path (/{u}/{isbn}) cannot have parameters. Only the relative path supports path parameters.',
    ),
  },
  {
    name: 'path parameters are of no use to other response types',
    when: create({ ...APIDOC, gatewayPath: '/book/{isbn}', pathParameters: [PARAMETER] }, 'json'),
    answer: failed("The action must use a response type of '.http' in order to receive the path parameters."),
  },
  {
    name: 'path parameters must be described',
    when: create({ ...APIDOC, gatewayPath: '/book/{isbn}' }, 'http'),
    answer: failed(
      "The parameter 'isbn' defined in path '/book/{isbn}' does not match any of the parameters defined for the path in " +
        'the swagger file.',
    ),
  },
  {
    name: 'a target that is not told the path is refused for a path with parameters',
    when: importing({
      ...SWAGGER,
      paths: { '/pets/{isbn}': { get: { operationId: 'pet', parameters: [PARAMETER] } } },
      'x-ibm-configuration': {
        assembly: {
          execute: [
            {
              'operation-switch': {
                case: [
                  {
                    operations: ['pet'],
                    execute: [{ invoke: { 'target-url': `${HOST}/api/v1/web/a/b/c.http`, verb: 'keep' } }],
                  },
                ],
              },
            },
          ],
        },
      },
    }),
    answer: failed(
      "The target-url for operationId 'pet' must end in '$(request.path)' in order for actions to receive the path " +
        'parameters.',
    ),
  },
]

/** What `wsk api` asks for. */
export const apimgmtRows: readonly ContractRow[] = rows.map((row) => ({ ...row, needs: { packages: ['apimgmt'] } }))
