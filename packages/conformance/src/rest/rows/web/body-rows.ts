import type { JsonValue } from '@stemcell/core'
import type { WebRow } from '../../web-row.ts'

const raw = { annotations: { 'raw-http': true } }
const BYTES = Buffer.from([0, 1, 2, 0xff, 0xfe])
const b64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')
const MALFORMED = /^The request content was malformed:\n/

interface Case {
  readonly what: string
  readonly type?: string
  readonly body: string | Uint8Array
  /** What an ordinary action gets, besides that there is nothing else. */
  readonly decoded: Readonly<Record<string, JsonValue>>
  /** `__ow_body` of a raw action. */
  readonly rawBody: string
}

const CASES: readonly Case[] = [
  { what: 'nothing of type application/json', type: 'application/json', body: '', decoded: {}, rawBody: '' },
  { what: 'nothing of type text/plain', type: 'text/plain', body: '', decoded: {}, rawBody: '' },
  { what: 'nothing of a form', type: 'application/x-www-form-urlencoded', body: '', decoded: {}, rawBody: '' },
  {
    what: 'a JSON object',
    type: 'application/json',
    body: ' { "a" : [1, {"b":null}], "c":"é" } ',
    decoded: { a: [1, { b: null }], c: 'é' },
    rawBody: b64(' { "a" : [1, {"b":null}], "c":"é" } '),
  },
  {
    what: 'an empty JSON object',
    type: 'application/json',
    body: ' { } ',
    decoded: {},
    rawBody: b64(' { } '),
  },
  {
    what: 'a JSON array',
    type: 'application/json',
    body: '[1,2]',
    decoded: { __ow_body: [1, 2] },
    rawBody: b64('[1,2]'),
  },
  { what: 'a JSON text', type: 'application/json', body: '"t"', decoded: { __ow_body: 't' }, rawBody: b64('"t"') },
  { what: 'a JSON number', type: 'application/json', body: '7', decoded: { __ow_body: 7 }, rawBody: b64('7') },
  { what: 'JSON false', type: 'application/json', body: 'false', decoded: { __ow_body: false }, rawBody: b64('false') },
  { what: 'JSON null', type: 'application/json', body: 'null', decoded: { __ow_body: null }, rawBody: b64('null') },
  {
    what: 'JSON with a charset',
    type: 'application/json; charset=utf-8',
    body: '{"a":1}',
    decoded: { a: 1 },
    rawBody: b64('{"a":1}'),
  },
  {
    what: 'JSON of a registered kind',
    type: 'application/vnd.api+json',
    body: '{"a":1}',
    decoded: { a: 1 },
    rawBody: '{"a":1}',
  },
  {
    what: 'JSON of an unregistered kind',
    type: 'application/x.own+json',
    body: '{"a":1}',
    decoded: { a: 1 },
    rawBody: b64('{"a":1}'),
  },
  {
    what: 'JSON of an unregistered kind with a charset',
    type: 'application/x.own+json; charset=utf-8',
    body: '[1]',
    decoded: { __ow_body: [1] },
    rawBody: '[1]',
  },
  {
    what: 'a form',
    type: 'application/x-www-form-urlencoded',
    body: 'a=1&b=x+y%21&a=2&c',
    decoded: { a: '2', b: 'x y!', c: '' },
    rawBody: 'a=1&b=x+y%21&a=2&c',
  },
  { what: 'a text', type: 'text/plain', body: 'héllo', decoded: { __ow_body: 'héllo' }, rawBody: 'héllo' },
  { what: 'HTML', type: 'text/html; charset=utf-8', body: '<p>', decoded: { __ow_body: '<p>' }, rawBody: '<p>' },
  { what: 'XML', type: 'application/xml', body: '<a/>', decoded: { __ow_body: '<a/>' }, rawBody: '<a/>' },
  {
    what: 'an unregistered application type with a charset',
    type: 'application/x-own; charset=utf-8',
    body: 'own',
    decoded: { __ow_body: 'own' },
    rawBody: 'own',
  },
  ...[
    'application/octet-stream',
    'application/octet-stream; charset=utf-8',
    'image/png',
    'image/svg+xml',
    'audio/mpeg',
    'video/mp4',
    'application/pdf',
    'application/zip',
    'application/x-own',
    'multipart/form-data; boundary=x',
    'nonsense',
  ].map((type) => ({
    what: `bytes of type ${type}`,
    type,
    body: BYTES,
    decoded: { __ow_body: b64(BYTES) },
    rawBody: b64(BYTES),
  })),
  { what: 'bytes of no stated type', body: BYTES, decoded: { __ow_body: b64(BYTES) }, rawBody: b64(BYTES) },
]

/** How a body becomes arguments. */
export const bodyRows: readonly WebRow[] = [
  ...CASES.flatMap(({ what, type, body, decoded, rawBody }): WebRow[] => {
    const when = { method: 'POST', headers: type === undefined ? [] : ['content-type', type], body }
    const code = 'main = (a) => { const { __ow_headers, __ow_method, __ow_path, ...rest } = a; return { rest } }'
    return [
      { name: `a body of ${what} is decoded`, given: { code }, when, answer: { args: { rest: decoded } } },
      {
        name: `a body of ${what} comes to a raw action as it is`,
        given: { ...raw, code },
        when,
        answer: { args: { rest: { __ow_query: '', __ow_body: rawBody } } },
      },
    ]
  }),
  {
    name: 'fields of the body win over the query',
    when: { method: 'POST', query: 'a=q&b=q', headers: ['content-type', 'application/json'], body: '{"a":"j"}' },
    answer: { args: { a: 'j', b: 'q' } },
  },
  {
    name: 'fields of a form win over the query',
    when: {
      method: 'POST',
      query: 'a=q&b=q',
      headers: ['content-type', 'application/x-www-form-urlencoded'],
      body: 'a=f',
    },
    answer: { args: { a: 'f', b: 'q' } },
  },
  {
    name: 'GET may have a body',
    when: { headers: ['content-type', 'application/json'], body: '{"a":1}' },
    answer: { args: { a: 1, __ow_method: 'get' } },
  },
  {
    name: 'a chunked body is decoded',
    when: { method: 'POST', headers: ['content-type', 'text/plain'], body: 'in pieces', chunked: true },
    answer: { args: { __ow_body: 'in pieces' } },
  },
  ...(
    [
      ['is cut off', '{"a":'],
      ['has a trailing comma', '{"a":1,}'],
      ['is blank', '  '],
      ['begins with a byte order mark', '\uFEFF{}'],
      ['is nested endlessly', '['.repeat(5000)],
    ] as const
  ).flatMap(([what, body]): WebRow[] => [
    {
      name: `JSON that ${what} is refused by the framework`,
      when: { method: 'POST', headers: ['content-type', 'application/json'], body },
      answer: {
        status: 400,
        rejection: MALFORMED,
        headers: { 'access-control-allow-origin': null, 'x-openwhisk-activation-id': null },
      },
    },
    {
      name: `JSON that ${what} comes to a raw action unread`,
      given: raw,
      when: { method: 'POST', headers: ['content-type', 'application/json'], body },
      answer: { args: { __ow_body: b64(body) } },
    },
  ]),
  {
    name: 'JSON of another kind must be JSON, too',
    when: { method: 'POST', headers: ['content-type', 'application/vnd.api+json'], body: 'x' },
    answer: { status: 400, rejection: MALFORMED },
  },
  ...(
    [
      ['utf-8', 'a=caf%E9&b=%C3%A9', { a: 'caf\ufffd', b: 'é' }],
      ['iso-8859-1', 'a=caf%E9&b=%80', { a: 'café', b: '\u0080' }],
      ['ISO-8859-1', Buffer.from('a=café', 'latin1'), { a: 'café' }],
      ['"windows-1252"', 'a=%80', { a: '€' }],
      ['shift_jis', 'a=%93%FA%96%7b&b=c', { a: '日本', b: 'c' }],
    ] as const
  ).map(([charset, body, args]): WebRow => ({
    name: `a form is decoded with its charset ${charset}${typeof body === 'string' ? '' : ', encoded or not'}`,
    when: {
      method: 'POST',
      headers: ['content-type', `application/x-www-form-urlencoded; charset=${charset}`],
      body,
    },
    answer: { args },
  })),
  {
    name: 'a form with a charset that there is not is refused by the framework',
    when: {
      method: 'POST',
      headers: ['content-type', 'application/x-www-form-urlencoded; charset=klingon'],
      body: 'a=1',
    },
    answer: { status: 400, rejection: MALFORMED },
  },
  {
    name: 'a form with malformed percent-encoding is refused by the framework',
    when: { method: 'POST', headers: ['content-type', 'application/x-www-form-urlencoded'], body: 'a=%f' },
    answer: { status: 400, rejection: MALFORMED },
  },
  {
    name: 'a body may be as large as the arguments of an invocation',
    given: { code: 'main = (a) => ({ length: a.__ow_body.length })' },
    when: { method: 'POST', headers: ['content-type', 'text/plain'], body: 'x'.repeat(1_048_576) },
    answer: { args: { length: 1_048_576 } },
  },
  ...[false, true].map((chunked): WebRow => ({
    name: `a body of one byte more is 413 without CORS headers${chunked ? ', even when its length was not announced' : ''}`,
    when: { method: 'POST', headers: ['content-type', 'text/plain'], body: 'x'.repeat(1_048_577), chunked },
    answer: {
      status: 413,
      error: 'Request larger than allowed: 1048577 > 1048576 bytes.',
      headers: { 'access-control-allow-origin': null },
    },
  })),
]
