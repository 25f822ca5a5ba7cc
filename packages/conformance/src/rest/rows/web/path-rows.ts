import { DELETE, NS, PUT, selfBinding } from '../../paths.ts'
import { WEB, type WebRow } from '../../web-row.ts'

const MISSING = 'The requested resource does not exist.'
const NO_ROUTE = 'The requested resource could not be found.'
const NO_CREDENTIALS = 'The resource requires authentication, which was not supplied with the request'
const PLAIN_CORS = { 'access-control-allow-origin': null, 'access-control-allow-methods': null }

/** How paths lead to actions. */
export const pathRows: readonly WebRow[] = [
  ...(['GET', 'DELETE', 'POST', 'PUT', 'PATCH'] as const).map((method): WebRow => ({
    name: `an exported action answers ${method} without credentials`,
    when: { method },
    answer: { args: { __ow_method: method.toLowerCase() } },
  })),
  {
    name: 'HEAD runs the action and is answered without a body',
    given: { code: 'main = (a) => ({ headers: { "x-method": a.__ow_method }, body: "some text" })' },
    when: { method: 'HEAD', path: WEB },
    answer: {
      text: '',
      headers: { 'x-method': 'head', 'content-type': 'text/html; charset=UTF-8', 'content-length': '9' },
    },
  },
  {
    name: 'without an extension the answer is that of .http',
    given: { returns: { statusCode: 201, body: 'made' } },
    when: { path: WEB },
    answer: { status: 201, text: 'made' },
  },
  {
    name: 'an unknown extension belongs to the name of the action',
    when: { path: `${WEB}.xml` },
    answer: { status: 404, error: MISSING },
  },
  {
    name: 'an extension in capitals belongs to the name of the action',
    when: { path: `${WEB}.JSON` },
    answer: { status: 404, error: MISSING },
  },
  {
    name: 'an action in a package is found there',
    packages: [{ name: '{u}p' }],
    given: { package: '{u}p' },
    when: { path: '/api/v1/web/{ns}/{u}p/{u}.json' },
    answer: { args: { __ow_path: '' } },
  },
  {
    name: 'an action in a package of the same name as in no package is another action',
    packages: [{ name: '{u}p' }],
    given: { package: '{u}p' },
    when: { path: `${WEB}.json` },
    answer: { status: 404, error: MISSING },
  },
  {
    name: 'percent-encoded segments are decoded',
    when: { path: '/api/v1/web/{%ns}/d%65fault/{u}%2Ejson' },
    answer: { args: { __ow_method: 'get' } },
  },
  {
    name: 'an encoded slash does not lead into a package',
    packages: [{ name: '{u}p' }],
    given: { package: '{u}p' },
    when: { path: '/api/v1/web/{ns}/default/{u}p%2F{u}.json' },
    answer: { status: 404, error: MISSING },
  },
  {
    name: 'a name that is no UTF-8 is that of a missing action',
    when: { path: `${WEB}%ff.json` },
    answer: { status: 404, error: MISSING },
  },
  ...[`${WEB}%zz.json`, `${WEB}.json/%zz`, `${WEB}.json/%`, `${WEB}.json/a%2`].map((path): WebRow => ({
    name: `${path} is refused, as its percent-encoding is broken`,
    when: { path },
    answer: { status: 400 },
  })),
  ...(
    [
      ['', ''],
      ['/', '/'],
      ['/a', '/a'],
      ['/a/', '/a/'],
      ['/a/b.c', '/a/b.c'],
      ['//x//', '//x//'],
      ['/a%20b%2Fc%C3%A9', '/a%20b%2Fc%C3%A9'],
      ['/%ff', '/%EF%BF%BD'],
      ['/%ff/%61%fe', '/%EF%BF%BD/a%EF%BF%BD'],
      ['/%c3%a9', '/%C3%A9'],
      ['/%41%7e%2d', '/A~-'],
      ['/%2f%3f%23%25', '/%2F%3F%23%25'],
      ["/$&+,;=:@!~*'()", "/$&+,;=:@!~*'()"],
      ['/%24%26%2b%2c%3b%3d%3a%40', '/$&+,;=:@'],
      ['/.http/{u}.svg', '/.http/{u}.svg'],
    ] as const
  ).map(([rest, expected]): WebRow => ({
    name: `'${rest}' after the action is its path, encoded where it must be`,
    when: { path: `${WEB}.json${rest}` },
    answer: { args: { __ow_path: expected } },
  })),
  {
    name: 'there are no projections: a path after .json is only a path',
    given: { returns: { a: { b: 1 } } },
    when: { path: `${WEB}.json/a/b` },
    answer: { text: '{\n  "a": {\n    "b": 1\n  }\n}' },
  },

  // missing
  ...(
    [
      ['an action that does not exist', '/api/v1/web/{ns}/default/{u}x'],
      ['a package that does not exist', '/api/v1/web/{ns}/{u}x/{u}'],
      ['a namespace that does not exist', '/api/v1/web/{u}x/default/{u}'],
      ['the namespace _', '/api/v1/web/_/default/{u}'],
      ['an action whose name cannot be', '/api/v1/web/{ns}/default/a$b'],
      ['an action of no name', '/api/v1/web/{ns}/default/.json'],
      ['an action in the place of a package', '/api/v1/web/{ns}/{u}/{u}'],
    ] as const
  ).map(([what, path]): WebRow => ({
    name: `${what} is 404, pretty-printed and without CORS headers`,
    when: { path },
    answer: { status: 404, error: MISSING, headers: { ...PLAIN_CORS, 'x-openwhisk-activation-id': null } },
  })),
  {
    name: 'a package in the place of an action is 404',
    packages: [{ name: '{u}p' }],
    when: { path: '/api/v1/web/{ns}/default/{u}p' },
    answer: { status: 404, error: MISSING },
  },
  {
    name: 'OPTIONS of an action that does not exist is 404',
    when: { method: 'OPTIONS', path: `${WEB}x` },
    answer: { status: 404, error: MISSING, headers: PLAIN_CORS },
  },

  // no web action at all
  ...[
    '/api/v1/web/',
    '/api/v1/web/{ns}',
    '/api/v1/web/{ns}/default',
    '/api/v1/web/{ns}/default/',
    '/api/v1/web//default/{u}',
    '/api/v1/web/{ns}//{u}',
    '/api/v1/web/{ns}/defaults/{u}',
    '/api/v1/web/{ns}/p$/{u}',
    '/api/v1/web/-n/default/{u}',
  ].flatMap((path): WebRow[] => [
    {
      name: `${path} leads nowhere: 401 without credentials`,
      when: { path },
      answer: { status: 401, rejection: NO_CREDENTIALS },
    },
    {
      name: `${path} leads nowhere: 404 with credentials`,
      when: { path, as: 'owner' },
      answer: { status: 404, rejection: NO_ROUTE },
    },
  ]),
  {
    name: 'OPTIONS of a path that leads to no web action is answered by the API',
    when: { method: 'OPTIONS', path: '/api/v1/web/{ns}' },
    answer: { text: 'OK', headers: { 'access-control-allow-methods': 'GET, DELETE, POST, PUT, HEAD' } },
  },
  {
    name: 'a method that web actions do not know leads nowhere',
    when: { method: 'TRACE', path: WEB, as: 'owner' },
    answer: { status: 404, rejection: NO_ROUTE },
  },

  // export
  {
    name: 'an action without web-export is 404',
    given: { annotations: { 'web-export': undefined } },
    answer: { status: 404, error: MISSING },
  },
  ...[false, 'true', 1, null, {}, [true]].map((value): WebRow => ({
    name: `web-export ${JSON.stringify(value)} does not export`,
    given: { annotations: { 'web-export': value } },
    answer: { status: 404, error: MISSING },
  })),
  {
    name: 'an action that is not exported is 404 for its owner too',
    given: { annotations: { 'web-export': false } },
    when: { as: 'owner' },
    answer: { status: 404, error: MISSING },
  },
  {
    name: 'an exported action in a private package is open',
    packages: [{ name: '{u}p', publish: false }],
    given: { package: '{u}p' },
    when: { path: '/api/v1/web/{ns}/{u}p/{u}.json', as: 'other' },
    answer: { args: { __ow_user: '{other}' } },
  },

  // bindings
  {
    name: 'an action is found through a binding of the own namespace',
    packages: [{ name: '{u}p' }, { name: '{u}b', binding: { namespace: '{ns}', name: '{u}p' } }],
    given: { package: '{u}p' },
    when: { path: '/api/v1/web/{ns}/{u}b/{u}.json' },
    answer: { args: { __ow_path: '' } },
  },
  {
    name: 'an action is found through a binding to a published package of another namespace',
    packages: [
      { name: '{u}p', of: 'other', publish: true },
      { name: '{u}b', binding: { namespace: '{other}', name: '{u}p' } },
    ],
    given: { package: '{u}p', of: 'other', code: 'main = () => ({ namespace: process.env.__OW_NAMESPACE })' },
    when: { path: '/api/v1/web/{ns}/{u}b/{u}.json' },
    answer: { args: { namespace: '{ns}' } },
  },
  {
    name: 'a binding to a private package of another namespace is 403',
    packages: [
      { name: '{u}p', of: 'other', publish: true },
      { name: '{u}b', binding: { namespace: '{other}', name: '{u}p' } },
    ],
    before: [PUT(`${NS}/packages/{u}p?overwrite=true`, { publish: false }, { as: 'other' })],
    given: { package: '{u}p', of: 'other' },
    when: { path: '/api/v1/web/{ns}/{u}b/{u}.json' },
    answer: {
      status: 403,
      error: "The supplied authentication is not authorized to access '{ns}/{u}b'.",
      headers: PLAIN_CORS,
    },
  },
  {
    name: 'an unexported action behind a binding to a private package is 404',
    packages: [
      { name: '{u}p', of: 'other', publish: true },
      { name: '{u}b', binding: { namespace: '{other}', name: '{u}p' } },
    ],
    before: [PUT(`${NS}/packages/{u}p?overwrite=true`, { publish: false }, { as: 'other' })],
    given: { package: '{u}p', of: 'other', annotations: { 'web-export': undefined } },
    when: { path: '/api/v1/web/{ns}/{u}b/{u}.json' },
    answer: { status: 404, error: MISSING },
  },
  {
    name: 'a binding to a package that is gone is 404',
    packages: [{ name: '{u}p' }, { name: '{u}b', binding: { namespace: '{ns}', name: '{u}p' } }],
    before: [DELETE(`${NS}/packages/{u}p`)],
    when: { path: '/api/v1/web/{ns}/{u}b/{u}.json' },
    answer: { status: 404, error: MISSING },
  },
  {
    name: 'a binding to itself is 404',
    before: [selfBinding],
    when: { path: '/api/v1/web/{ns}/{u}b/{u}.json' },
    answer: { status: 404, error: MISSING },
  },
  {
    name: 'parameters are merged from package to binding to action to query to body',
    packages: [
      { name: '{u}p', parameters: { p: 'p', b: 'p', a: 'p', q: 'p', j: 'p' } },
      { name: '{u}b', parameters: { b: 'b', a: 'b', q: 'b', j: 'b' }, binding: { namespace: '{ns}', name: '{u}p' } },
    ],
    given: { package: '{u}p', parameters: { a: 'a', q: 'a', j: 'a' } },
    when: {
      method: 'POST',
      path: '/api/v1/web/{ns}/{u}b/{u}.json',
      query: 'q=q&j=q',
      headers: ['content-type', 'application/json'],
      body: '{"j":"j"}',
    },
    answer: { args: { p: 'p', b: 'b', a: 'a', q: 'q', j: 'j' } },
  },
]
