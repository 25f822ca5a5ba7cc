import { ANYTHING, type ContractRow } from '../contract-row.ts'
import { DIFFERENCES } from '../differences.ts'
import { ACTION, ACTIONS, API, DELETE, echoAction, ERRORS, GET, NS, PUT, TEXT_TYPE } from '../paths.ts'

const REST_CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
  'access-control-allow-methods': 'GET, DELETE, POST, PUT, HEAD',
}
const SERVER_CORS = { ...REST_CORS, 'access-control-allow-methods': 'OPTIONS, GET, POST' }
const GENERATED_ID = /^[A-Za-z0-9]{32}$/
const nobody = { as: 'nobody' } as const

/** What the server is like before any entity is looked at. */
export const surfaceRows: readonly ContractRow[] = [
  // information
  {
    name: 'the root describes the platform without credentials',
    when: GET('/', nobody),
    answer: {
      status: 200,
      fields: ['description', 'support', 'api_paths', 'limits', 'runtimes'],
      body: {
        description: 'OpenWhisk',
        support: { github: 'https://github.com/apache/openwhisk/issues', slack: 'http://slack.openwhisk.org' },
        api_paths: ['/api/v1'],
      },
    },
  },
  {
    name: 'the root states the limits as numbers',
    when: GET('/', nobody),
    answer: {
      status: 200,
      body: {
        limits: {
          actions_per_minute: /^\d+$/,
          triggers_per_minute: /^\d+$/,
          concurrent_actions: /^\d+$/,
          sequence_length: 50,
          default_min_action_duration: 100,
          default_max_action_duration: 300000,
          default_min_action_memory: 134217728,
          default_max_action_memory: 536870912,
          default_min_action_logs: 0,
          default_max_action_logs: 10485760,
          min_action_duration: 100,
          max_action_duration: 300000,
          min_action_memory: 134217728,
          max_action_memory: 536870912,
          min_action_logs: 0,
          max_action_logs: 10485760,
        },
      },
    },
  },
  {
    name: 'the root lists runtimes by family',
    when: GET('/', nobody),
    answer: { status: 200, body: { runtimes: { nodejs: ANYTHING } } },
  },
  {
    name: 'ping is answered with the text pong',
    when: GET('/ping', nobody),
    answer: { status: 200, text: 'pong', headers: { 'content-type': TEXT_TYPE } },
  },
  ...[API, `${API}/`].map((path) => ({
    name: `${path} describes the API without credentials`,
    when: GET(path, nobody),
    answer: {
      status: 200,
      fields: ['description', 'api_version', 'api_version_path', 'build', 'buildno', 'swagger_paths'],
      body: {
        description: 'OpenWhisk API',
        api_version: '1.0.0',
        api_version_path: 'v1',
        build: ANYTHING,
        buildno: ANYTHING,
        swagger_paths: { ui: '/docs', 'api-docs': '/api-docs' },
      },
      headers: REST_CORS,
    },
  })),

  // methods and paths outside the API
  {
    name: 'an unknown path outside the API is 405 and allows OPTIONS',
    when: GET('/nothing/here', nobody),
    answer: {
      status: 405,
      error: 'HTTP method not allowed, supported methods: OPTIONS',
      headers: { allow: 'OPTIONS', 'www-authenticate': null },
    },
  },
  {
    name: 'HEAD of the root is not mapped to GET',
    when: { method: 'HEAD', path: '/', ...nobody },
    answer: { status: 405 },
  },
  ...['/', '/ping'].flatMap((path) =>
    ['POST', 'PUT', 'DELETE', 'PATCH'].map((method): ContractRow => ({
      name: `${method} ${path} is 405 and allows what there is`,
      when: { method, path, ...nobody },
      answer: {
        status: 405,
        error: 'HTTP method not allowed, supported methods: GET, OPTIONS',
        headers: { allow: 'GET, OPTIONS' },
      },
    })),
  ),
  ...['PROPFIND', 'MKCOL', 'QUERY'].flatMap((method) =>
    ['/', '/nothing', ACTION, '/api/v1/web/{ns}/default/{u}'].map((path): ContractRow => ({
      name: `${method} ${path} is 501, as nobody knows the method`,
      when: { method, path },
      answer: { status: 501 },
    })),
  ),
  {
    name: 'a request with two Host headers is 400',
    when: GET('/ping', { as: 'nobody', headers: ['host', 'a.example'] }),
    answer: { status: 400 },
  },
  {
    name: 'a request with the same Host header twice is 400',
    when: GET(ACTIONS, { headers: ['Host', 'a.example', 'HOST', 'a.example'] }),
    answer: { status: 400 },
  },
  {
    name: 'a path that only begins like the API is outside of it',
    when: GET('/api/v1x', nobody),
    answer: { status: 405, headers: { 'access-control-allow-origin': null } },
  },
  {
    name: 'OPTIONS of the root is 200 with the CORS headers of the server',
    when: { method: 'OPTIONS', path: '/', ...nobody },
    answer: { status: 200, headers: SERVER_CORS },
  },
  {
    name: 'OPTIONS of an unknown path outside the API is 200',
    when: { method: 'OPTIONS', path: '/nothing/here', ...nobody },
    answer: { status: 200, headers: SERVER_CORS },
  },

  // OPTIONS and CORS below the API
  ...[API, `${NS}/actions`, `${NS}/actions/x`, `${API}/nothing`].map((path) => ({
    name: `OPTIONS of ${path} is OK without credentials`,
    when: { method: 'OPTIONS', path, ...nobody },
    answer: { status: 200, text: 'OK', headers: { ...REST_CORS, 'content-type': TEXT_TYPE } },
  })),
  { name: 'a success carries the CORS headers', when: GET(ACTIONS), answer: { status: 200, headers: REST_CORS } },
  {
    name: 'a 401 carries the CORS headers',
    differs: DIFFERENCES.refusalHeaders,
    when: GET(ACTIONS, nobody),
    answer: { status: 401, headers: REST_CORS },
  },
  { name: 'a 404 carries the CORS headers', when: GET(ACTION), answer: { status: 404, headers: REST_CORS } },
  {
    name: 'a refused body carries the CORS headers',
    differs: DIFFERENCES.refusalHeaders,
    when: PUT(ACTION, '{'),
    answer: { status: 400, headers: REST_CORS },
  },

  // transaction ids
  {
    name: 'a transaction id of 32 letters and digits is made when the client sends none',
    when: GET(ACTIONS),
    answer: { status: 200, headers: { 'x-request-id': GENERATED_ID } },
  },
  {
    name: "the client's transaction id is finalized",
    when: GET(ACTIONS, { headers: { 'X-Request-ID': 'my-own id/1' } }),
    answer: { status: 200, headers: { 'x-request-id': 'my-own id/1' } },
  },
  {
    name: 'the header of the transaction id is found whatever its case',
    when: GET(ACTIONS, { headers: { 'x-REQUEST-id': 'lower' } }),
    answer: { status: 200, headers: { 'x-request-id': 'lower' } },
  },
  {
    name: 'a transaction id that is empty is replaced',
    differs: DIFFERENCES.blankTransaction,
    when: GET(ACTIONS, { headers: { 'X-Request-ID': '' } }),
    answer: { status: 200, headers: { 'x-request-id': GENERATED_ID } },
  },
  {
    name: 'a transaction id that is reserved for the system is replaced',
    when: GET(ACTIONS, { headers: { 'X-Request-ID': 'sid_invokerHealth' } }),
    answer: { status: 200, headers: { 'x-request-id': GENERATED_ID } },
  },
  ...(
    [
      ['ping', GET('/ping', nobody), 200],
      ['a missing entity', GET(ACTION), 404],
      ['OPTIONS', { method: 'OPTIONS', path: ACTIONS }, 200],
    ] as const
  ).map(([what, when, status]): ContractRow => ({
    name: `the transaction id comes back with ${what}`,
    when: { ...when, headers: { 'x-request-id': 'echo-me' } },
    answer: { status, headers: { 'x-request-id': 'echo-me' } },
  })),
  ...(
    [
      ['a 401', GET(ACTIONS, nobody), 401],
      ['a path without a route', GET(`${API}/nothing`), 404],
      ['a path outside the API', GET('/nothing'), 405],
      ['an unknown method', { method: 'MKCOL', path: ACTIONS }, 501],
      ['a broken address', GET(`${ACTIONS}/%zz`), 400],
      ['an unsupported type', PUT(ACTION, 'x'), 415, { 'content-type': 'text/plain' }],
    ] as const
  ).map(([what, when, status, headers]): ContractRow => ({
    name: `the transaction id comes back with ${what}`,
    differs: DIFFERENCES.refusalHeaders,
    when: { ...when, headers: { ...headers, 'x-request-id': 'echo-me' } },
    answer: { status, headers: { 'x-request-id': 'echo-me' } },
  })),
  {
    name: 'extra logging may be asked for',
    when: GET(ACTIONS, { headers: { 'X-OW-EXTRA-LOGGING': 'ON' } }),
    answer: { status: 200 },
  },

  // paths without a route
  {
    name: 'an unknown path below the API is 401 without credentials',
    when: GET(`${API}/nothing`, nobody),
    answer: { status: 401, error: ERRORS.noCredentials },
  },
  {
    name: 'an unknown path below the API is 401 with wrong credentials',
    when: GET(`${API}/nothing`, { as: { authorization: 'Basic YTpi' } }),
    answer: { status: 401, error: ERRORS.badCredentials },
  },
  {
    name: 'an unknown path below the API is 404 with credentials',
    when: GET(`${API}/nothing`),
    answer: { status: 404, error: ERRORS.noRoute },
  },
  ...(
    [
      ['POST', `${NS}/actions`],
      ['PUT', `${NS}/actions`],
      ['DELETE', `${NS}/actions`],
      ['PATCH', ACTION],
      ['PUT', `${NS}/activations/00000000000000000000000000000000`],
      ['DELETE', `${NS}/activations/00000000000000000000000000000000`],
      ['POST', `${NS}/activations`],
      ['PUT', `${NS}/limits`],
      ['DELETE', `${NS}/limits`],
      ['POST', `${API}/namespaces`],
      ['POST', API],
    ] as const
  ).map(([method, path]) => ({
    name: `${method} ${path} is no operation, so 404`,
    when: { method, path },
    answer: { status: 404, error: ERRORS.noRoute },
  })),
  {
    name: 'HEAD of an action is not mapped to GET',
    given: [echoAction],
    when: { method: 'HEAD', path: ACTION },
    answer: { status: 404, text: '' },
  },
  { name: 'there is no document about a namespace', when: GET(NS), answer: { status: 404, error: ERRORS.noRoute } },
  {
    name: 'there is no document about a namespace with a trailing slash either',
    when: GET(`${NS}/`),
    answer: { status: 404, error: ERRORS.noRoute },
  },

  // slashes
  ...['/api/v1/namespaces/', `${NS}/actions/`, `${NS}/activations/`, `${NS}/limits/`].map((path) => ({
    name: `a slash at the end is tolerated: GET ${path}`,
    when: GET(path),
    answer: { status: 200 },
  })),
  ...['/api/v1/namespaces//', `${NS}/actions//`, `${NS}/actions//x`, `${API}/namespaces//actions`].map((path) => ({
    name: `an empty segment leads nowhere: GET ${path}`,
    when: GET(path),
    answer: { status: 404, error: ERRORS.noRoute },
  })),
  ...(
    [
      ['PUT', `${ACTION}/`],
      ['POST', `${ACTION}/`],
      ['DELETE', `${ACTION}/`],
      ['PUT', `${ACTIONS}/`],
      ['DELETE', `${ACTIONS}/`],
      ['POST', `${ACTIONS}/`],
      ['GET', `${ACTIONS}/{u}/a/`],
      ['GET', `${ACTIONS}/{u}/a/b`],
      ['GET', `${NS}/activations/00000000000000000000000000000000/logs/`],
      ['GET', `${NS}/activations/00000000000000000000000000000000/other`],
    ] as const
  ).map(([method, path]) => ({
    name: `${method} ${path} leads nowhere`,
    when: { method, path },
    answer: { status: 404, error: ERRORS.noRoute },
  })),

  // the address itself
  {
    name: 'a path whose percent-encoding is malformed is 400',
    when: GET(`${ACTIONS}/%zz`),
    answer: { status: 400 },
  },
  ...(
    [
      ['a path whose percent-encoding is malformed', GET(`${ACTIONS}/%zz`), 400],
      ['an unknown method', { method: 'MKCOL', path: ACTIONS }, 501],
      ['a second Host', GET(ACTIONS, { headers: ['host', 'a.example'] }), 400],
      ['an address that is too long', GET(`${ACTIONS}?x=${'y'.repeat(8192)}`), 414],
    ] as const
  ).map(([what, when, status]): ContractRow => ({
    name: `${what} is answered with the error object`,
    differs: DIFFERENCES.parserErrors,
    when,
    answer: { status, error: /./ },
  })),
  ...['%ff', 'a%c3', '%ED%A0%80', '%c3%28'].map((name): ContractRow => ({
    name: `a name that is no UTF-8 is an illegal one: ${name}`,
    when: GET(`${ACTIONS}/${name}`),
    answer: { status: 400, error: ERRORS.nameIllegal },
  })),
  {
    name: 'a query whose percent-encoding is malformed is 400',
    when: GET(`${ACTIONS}?limit=%zz`),
    answer: { status: 400, error: /^The request's query string is invalid\./ },
  },
  {
    name: 'unknown query parameters are ignored',
    when: GET(`${ACTIONS}?docs=true&skip=0&foo=bar&=&x`),
    answer: { status: 200 },
  },
  {
    name: 'an address of 8190 characters works',
    when: GET(`${ACTIONS}?x=${'y'.repeat(8190 - ACTIONS.length - 3)}`),
    answer: { status: 200 },
  },
  {
    name: 'a longer address is 414',
    when: GET(`${ACTIONS}?x=${'y'.repeat(8192)}`),
    answer: { status: 414 },
  },
  {
    name: 'an absolute address is the same as its path',
    when: GET(`{origin}${ACTIONS}`),
    answer: { status: 200 },
  },

  // what the client accepts
  ...['text/html', 'application/xml, text/*', 'application/json;q=0, */*'].map((accept) => ({
    name: `a client that accepts only ${accept} is told what there is`,
    when: GET(ACTIONS, { headers: { accept } }),
    answer: { status: 406, error: 'Resource representation is only available with these types:\napplication/json' },
  })),
  ...['*/*', 'application/*;q=0.5', 'text/html, application/json;q=0.9', 'application/json', ''].map((accept) => ({
    name: `a client may accept '${accept}'`,
    when: GET(ACTIONS, { headers: { accept } }),
    answer: { status: 200 },
  })),
  {
    name: 'an action is not written for a client that accepts no JSON',
    differs: DIFFERENCES.acceptFirst,
    given: [
      PUT(ACTION, { exec: { kind: 'nodejs:20', code: 'x' } }, { headers: { accept: 'text/html' }, expected: 406 }),
    ],
    when: GET(ACTION),
    answer: { status: 404 },
  },
  {
    name: 'an error is JSON even when the client accepts something else',
    when: DELETE(ACTION, { as: 'nobody', headers: { accept: 'text/html' } }),
    answer: { status: 401, error: ERRORS.noCredentials },
  },
]
