import { WEB, type WebRow } from '../../web-row.ts'

const RESERVED = 'Request defines parameters that are not allowed (e.g., reserved properties).'
const FORM = ['content-type', 'application/x-www-form-urlencoded']
const JSON_TYPE = ['content-type', 'application/json']
const NAMES = ['__ow_method', '__ow_headers', '__ow_path', '__ow_user', '__ow_query', '__ow_body']
const raw = { annotations: { 'raw-http': true } }

/** What an action is told of a request, its body apart. */
export const argumentRows: readonly WebRow[] = [
  {
    name: 'a request without anything answer method, headers and path',
    given: { code: 'main = (a) => ({ names: Object.keys(a).sort() })' },
    answer: { args: { names: ['__ow_headers', '__ow_method', '__ow_path'] } },
  },
  {
    name: 'a raw request without anything answer query and body too, both empty',
    given: raw,
    answer: { args: { __ow_method: 'get', __ow_query: '', __ow_body: '', __ow_path: '' } },
  },

  // the caller
  {
    name: 'a caller with credentials is named by its namespace',
    when: { as: 'other' },
    answer: { args: { __ow_user: '{other}' } },
  },
  {
    name: 'a raw action is told the caller too',
    given: raw,
    when: { as: 'other' },
    answer: { args: { __ow_user: '{other}' } },
  },
  ...(
    [
      ['no credentials', []],
      ['unknown credentials', ['authorization', `Basic ${btoa(`nobody:${'k'.repeat(64)}`)}`]],
      ['credentials of another length', ['authorization', `Basic ${btoa('owner-uuid:short')}`]],
      ['credentials that are no base64', ['authorization', 'Basic !!!']],
      ['credentials without a colon', ['authorization', `Basic ${btoa('owner-uuid')}`]],
      ['a token of another scheme', ['authorization', 'Bearer a.b.c']],
    ] as const
  ).map(([what, headers]): WebRow => ({
    name: `a request with ${what} is anonymous`,
    when: { headers },
    answer: { args: { __ow_user: null } },
  })),
  {
    name: 'the action runs in the namespace of its owner whoever calls',
    given: { code: 'main = () => ({ namespace: process.env.__OW_NAMESPACE })' },
    when: { as: 'other' },
    answer: { args: { namespace: '{ns}' } },
  },

  // headers
  {
    name: 'headers in UTF-8 are given as UTF-8, those in Latin-1 as Latin-1',
    when: { headers: ['x-utf-8', Buffer.from('né €').toString('latin1'), 'x-latin-1', 'né'] },
    answer: { args: { __ow_headers: { 'x-utf-8': 'né €', 'x-latin-1': 'né' } } },
  },
  {
    name: 'a thousand headers before it do not hide the length of the body',
    when: {
      method: 'POST',
      headers: [
        ...Array.from({ length: 1200 }, (_, index) => [`x-${index}`, 'v']).flat(),
        'content-type',
        'application/json',
        'content-length',
        '7',
      ],
      body: '{"a":1}',
    },
    answer: { args: { a: 1, __ow_headers: { 'x-0': 'v', 'x-1199': 'v' } } },
  },
  {
    name: 'headers are given by their names in lower case',
    when: { headers: ['X-Custom-Thing', 'Some Value', 'COOKIE', 'a=b; c=d'] },
    answer: { args: { __ow_headers: { 'x-custom-thing': 'Some Value', cookie: 'a=b; c=d', 'X-Custom-Thing': null } } },
  },
  {
    name: 'of a repeated header the last counts',
    when: { headers: ['x-twice', 'one', 'X-Twice', 'two'] },
    answer: { args: { __ow_headers: { 'x-twice': 'two' } } },
  },
  {
    name: 'a header may have any name',
    when: { headers: ['__proto__', 'p', 'constructor', 'c'] },
    answer: { args: { __ow_headers: { constructor: 'c' } } },
  },
  {
    name: 'the length of the body is not among the headers',
    when: { method: 'POST', headers: JSON_TYPE, body: '{}' },
    answer: { args: { __ow_headers: { 'content-length': null, 'content-type': 'application/json' } } },
  },
  {
    name: 'the encoding of the transfer is not among the headers',
    when: { method: 'POST', headers: JSON_TYPE, body: '{"a":1}', chunked: true },
    answer: { args: { a: 1, __ow_headers: { 'transfer-encoding': null } } },
  },
  {
    name: 'the header that asks for extra logging stays with the platform',
    when: { headers: ['x-ow-extra-logging', 'on'] },
    answer: { args: { __ow_headers: { 'x-ow-extra-logging': null } } },
  },
  {
    name: 'a content type that was not sent is not among the headers',
    when: { method: 'POST', body: 'x' },
    answer: { args: { __ow_headers: { 'content-type': null } } },
  },
  ...(
    [
      ['application/json; charset=UTF-8', 'application/json'],
      ['Application/JSON', 'application/json'],
      ['text/plain', 'text/plain'],
      ['text/plain;charset=utf-8', 'text/plain; charset=UTF-8'],
      ['TEXT/Plain; format=flowed; charset="iso-8859-1"', 'text/plain; format=flowed; charset=ISO-8859-1'],
      ['application/x-www-form-urlencoded; charset=utf-8', 'application/x-www-form-urlencoded'],
      ['image/png;charset=utf-8', 'image/png'],
      ['multipart/form-data; boundary=abc', 'multipart/form-data; boundary=abc'],
      ['nonsense', 'nonsense'],
    ] as const
  ).map(([sent, told]): WebRow => ({
    name: `the content type ${sent} is told as ${told}`,
    when: { headers: ['content-type', sent] },
    answer: { args: { __ow_headers: { 'content-type': told } } },
  })),

  // the query
  {
    name: 'parameters of the query are texts',
    when: { query: 'a=1&b=true&c=null&d=%7B%7D' },
    answer: { args: { a: '1', b: 'true', c: 'null', d: '{}' } },
  },
  {
    name: 'of a repeated parameter the last counts',
    when: { query: 'a=1&a=2&a=3' },
    answer: { args: { a: '3' } },
  },
  {
    name: 'a parameter without a value is empty',
    when: { query: 'a&b=&&' },
    answer: { args: { a: '', b: '', '': null } },
  },
  {
    name: 'plus and percent-encoding are decoded in names and values',
    when: { query: 'a+b=c+d%2B&%C3%A9=%E2%82%AC&x=y=z' },
    answer: { args: { 'a b': 'c d+', é: '€', x: 'y=z' } },
  },
  {
    name: 'a parameter may be called __proto__',
    given: { code: 'main = (a) => ({ own: Object.getOwnPropertyDescriptor(a, "__proto__")?.value })' },
    when: { query: '__proto__=x' },
    answer: { args: { own: 'x' } },
  },
  {
    name: 'bytes of a query that are no UTF-8 are replaced',
    when: { query: 'a=caf%E9&b=%C3%A9%FF%41&%E9=x' },
    answer: { args: { a: 'caf\ufffd', b: 'é\ufffdA', '\ufffd': 'x' } },
  },
  ...['a=%E9%zz', 'a=%', 'a=%4', '%e9%=1'].map((query): WebRow => ({
    name: `the query ${query} with malformed percent-encoding is refused`,
    when: { query },
    answer: { status: 400, rejection: /^The request's query string is invalid\./ },
  })),
  {
    name: 'a query with malformed percent-encoding is refused',
    when: { query: 'a=%zz' },
    answer: {
      status: 400,
      rejection: /^The request's query string is invalid\./,
      headers: { 'access-control-allow-origin': null, 'x-openwhisk-activation-id': null },
    },
  },
  {
    name: 'a raw action gets the query as it was sent',
    given: raw,
    when: { query: 'a=%zz&__ow_user=me&b+c' },
    answer: { args: { __ow_query: 'a=%zz&__ow_user=me&b+c', a: null, __ow_user: null } },
  },
  {
    name: 'an action that is not raw has no __ow_query',
    when: { query: 'a=1' },
    answer: { args: { __ow_query: null } },
  },
  ...([false, 'true', 1] as const).map((value): WebRow => ({
    name: `raw-http ${JSON.stringify(value)} does not make an action raw`,
    given: { annotations: { 'raw-http': value } },
    when: { query: 'a=1' },
    answer: { args: { a: '1', __ow_query: null } },
  })),

  // what may not be overridden
  ...NAMES.map((name): WebRow => ({
    name: `a query that sets ${name} is refused`,
    when: { query: `${name}=x` },
    answer: { status: 400, error: RESERVED, headers: { 'access-control-allow-origin': '*' } },
  })),
  ...NAMES.map((name): WebRow => ({
    name: `a body that sets ${name} is refused`,
    when: { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ a: 1, [name]: {} }) },
    answer: { status: 400, error: RESERVED },
  })),
  {
    name: 'a body that hides a reserved name behind an escape is refused',
    when: { method: 'POST', headers: JSON_TYPE, body: String.raw`{"__ow\u005fuser":"me"}` },
    answer: { status: 400, error: RESERVED },
  },
  {
    name: 'a form that sets a reserved name is refused',
    when: { method: 'POST', headers: FORM, body: 'a=1&__ow%5fuser=me' },
    answer: { status: 400, error: RESERVED },
  },
  {
    name: 'a query that sets a final parameter is refused',
    given: { annotations: { final: true }, parameters: { a: 1 } },
    when: { query: 'a=2' },
    answer: { status: 400, error: RESERVED },
  },
  {
    name: 'a body that sets a final parameter is refused',
    given: { annotations: { final: true }, parameters: { a: 1 } },
    when: { method: 'POST', headers: JSON_TYPE, body: '{"a":2}' },
    answer: { status: 400, error: RESERVED },
  },
  {
    name: 'a query that sets a final parameter of the package is refused',
    packages: [{ name: '{u}p', parameters: { a: 1 } }],
    given: { package: '{u}p', annotations: { final: true } },
    when: { path: '/api/v1/web/{ns}/{u}p/{u}.json', query: 'a=2' },
    answer: { status: 400, error: RESERVED },
  },
  {
    name: 'a final parameter without a value may be set',
    given: { annotations: { final: true }, parameters: { a: null, b: 1 } },
    when: { query: 'a=2' },
    answer: { args: { a: '2', b: 1 } },
  },
  {
    name: 'parameters of an action that is not final may be set',
    given: { annotations: { final: 'true' }, parameters: { a: 1 } },
    when: { query: 'a=2' },
    answer: { args: { a: '2' } },
  },
  {
    name: 'a raw action keeps its final parameters whatever the query says',
    given: { annotations: { final: true, 'raw-http': true }, parameters: { a: 1 } },
    when: { query: 'a=2' },
    answer: { args: { a: 1, __ow_query: 'a=2' } },
  },
  {
    name: 'the whole URL of a long request arrives',
    when: { path: `${WEB}.json/${'p'.repeat(4000)}`, query: `q=${'v'.repeat(4100)}` },
    answer: { args: { q: 'v'.repeat(4100), __ow_path: `/${'p'.repeat(4000)}` } },
  },
]
