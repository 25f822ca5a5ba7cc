import type { JsonValue } from '@stemcell/core'
import { DIFFERENCES } from '../../differences.ts'
import { WEB, type WebExpectation, type WebRow } from '../../web-row.ts'

const NO_MESSAGE = "Response is not valid 'message/http'."
const MISMATCH = 'Response type in header did not match generated content type.'
const UNKNOWN = 'Response did not specify a known content-type.'
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff])
const typed = (type: JsonValue, body: JsonValue): JsonValue => ({ headers: { 'Content-Type': type }, body })

const ANSWERED: readonly (readonly [string, JsonValue, WebExpectation])[] = [
  // status
  [
    'a body alone is 200 and HTML',
    { body: '<p>' },
    { text: '<p>', headers: { 'content-type': 'text/html; charset=UTF-8' } },
  ],
  ['nothing is 204', {}, { status: 204, text: '', headers: { 'content-type': null, 'content-length': null } }],
  ['an empty body is 204', { body: '' }, { status: 204 }],
  ['a body of null is 204', { body: null }, { status: 204 }],
  [
    'a status without a body has none',
    { statusCode: 202 },
    { status: 202, text: '', headers: { 'content-type': null } },
  ],
  ['a status may be a text', { statusCode: '404', body: 'x' }, { status: 404, text: 'x' }],
  [
    'a redirection is passed on',
    { statusCode: 302, headers: { location: '/x' } },
    { status: 302, headers: { location: '/x' } },
  ],
  ['a status that nobody knows has no reason', { statusCode: 299, body: 'x' }, { status: 299, reason: '' }],
  ['a known status has its reason', { statusCode: 404, body: 'x' }, { status: 404, reason: 'Not Found' }],
  ['204 has no body whatever the action says', { statusCode: 204, body: 'x' }, { status: 204, text: '' }],
  ['304 has no body whatever the action says', { statusCode: 304, body: 'x' }, { status: 304, text: '' }],
  ...[204, 205, 304].map((status): [string, JsonValue, WebExpectation] => [
    `${status} has neither body nor type, and its other headers`,
    { statusCode: status, headers: { 'content-type': 'text/css', etag: '"1"' }, body: 'a{}' },
    { status, text: '', headers: { 'content-type': null, 'content-length': status === 205 ? '0' : null, etag: '"1"' } },
  ]),
  ['a body of 0 is a body', { body: 0 }, { text: '0', headers: { 'content-type': 'application/json' } }],
  ['a body of false is a body', { body: false }, { text: 'false' }],

  // headers
  [
    'headers are copied',
    { headers: { 'X-Text': 'a b', 'x-num': 1.5, 'x-bool': true } },
    { status: 204, headers: { 'x-text': 'a b', 'x-num': '1.5', 'x-bool': 'true' } },
  ],
  [
    'an array is one header each',
    { headers: { 'Set-Cookie': ['a=1', 'b=2', 3] } },
    { status: 204, headers: { 'set-cookie': ['a=1', 'b=2', '3'] } },
  ],
  ['an empty array is no header', { headers: { 'x-none': [] } }, { status: 204, headers: { 'x-none': null } }],
  ['headers of Latin letters are passed on', { headers: { 'x-l': 'é' } }, { status: 204, headers: { 'x-l': 'é' } }],
  [
    'headers of Latin letters are passed on beside a text with others',
    { headers: { 'x-l': 'é' }, body: '€' },
    { text: '€', headers: { 'x-l': 'é' } },
  ],
  [
    'headers of other letters are passed on in UTF-8',
    { headers: { 'x-u': 'é €' }, body: 'é €' },
    { text: 'é €', headers: { 'x-u': Buffer.from('é €').toString('latin1') } },
  ],
  [
    'a content type without a body is dropped',
    { headers: { 'content-type': 'text/css' } },
    { status: 204, headers: { 'content-type': null } },
  ],
  [
    'a content type for an empty body is dropped',
    { statusCode: 200, headers: { 'content-type': 'text/css' }, body: '' },
    { text: '', headers: { 'content-type': null, 'content-length': '0' } },
  ],
  [
    'CORS headers of an action come with the usual ones',
    { headers: { 'Access-Control-Allow-Origin': 'https://a.example' } },
    { status: 204, headers: { 'access-control-allow-origin': ['*', 'https://a.example'] } },
  ],

  // text
  [
    'text gets its charset',
    typed('text/css', 'a{}'),
    { text: 'a{}', headers: { 'content-type': 'text/css; charset=UTF-8' } },
  ],
  [
    'the charset is UTF-8 whatever the action says',
    typed('text/plain; charset=iso-8859-1', 'é'),
    { text: 'é', headers: { 'content-type': 'text/plain; charset=UTF-8' } },
  ],
  [
    'other parameters of the type stay',
    typed('text/html; profile=x', 'a'),
    { headers: { 'content-type': 'text/html; profile=x; charset=UTF-8' } },
  ],
  [
    'the name of the content type has any case',
    { headers: { 'CONTENT-type': 'Text/CSV' }, body: 'a,b' },
    { headers: { 'content-type': 'text/csv; charset=UTF-8' } },
  ],
  [
    'of several content types the first counts',
    typed(['text/csv', 'text/css'], 'a'),
    { headers: { 'content-type': ['text/csv; charset=UTF-8'] } },
  ],
  [
    'XML is text',
    typed('application/xml', '<a/>'),
    { text: '<a/>', headers: { 'content-type': 'application/xml; charset=UTF-8' } },
  ],
  [
    'an own type with a charset is text',
    typed('application/x-own; charset=utf-8', 'own'),
    { text: 'own', headers: { 'content-type': 'application/x-own; charset=UTF-8' } },
  ],

  // JSON
  [
    'an object is JSON, pretty-printed',
    { body: { a: 1 } },
    { text: '{\n  "a": 1\n}', headers: { 'content-type': 'application/json' } },
  ],
  ['an array is JSON', { body: [1, 2] }, { text: '[1, 2]', headers: { 'content-type': 'application/json' } }],
  [
    'JSON never states a charset',
    typed('application/json; charset=utf-8', { a: 1 }),
    { headers: { 'content-type': 'application/json' } },
  ],
  [
    'JSON of another kind keeps its type',
    typed('application/hal+json', {}),
    { text: '{\n\n}', headers: { 'content-type': 'application/hal+json' } },
  ],
  [
    'JSON as a text is passed on',
    typed('application/json', '{"a": 1}'),
    { text: '{"a": 1}', headers: { 'content-type': 'application/json' } },
  ],
  [
    'JSON text of another kind is passed on',
    typed('application/hal+json', '{"a": 1}'),
    { text: '{"a": 1}', headers: { 'content-type': 'application/hal+json' } },
  ],
  [
    'JSON as base64 is decoded',
    typed('application/json', Buffer.from('{"a":1}').toString('base64')),
    { text: '{"a":1}' },
  ],
  [
    'JSON text that looks like base64 is taken for it',
    typed('application/json', 'true'),
    { bytes: Buffer.from('true', 'base64') },
  ],

  // bytes
  ...[
    'image/png',
    'application/octet-stream',
    'audio/mpeg',
    'video/mp4',
    'application/zip',
    'application/pdf',
    'font/woff2',
    'application/x-own',
    'image/svg+xml',
  ].map(
    (type) =>
      [
        `${type} is decoded from base64`,
        typed(type, PNG.toString('base64')),
        { bytes: PNG, headers: { 'content-type': type, 'content-length': '6' } },
      ] as const,
  ),
  ['base64 may lack its padding', typed('image/png', 'AQI'), { bytes: Buffer.from([1, 2]) }],
  [
    'bytes have no charset',
    typed('image/png; charset=utf-8', 'AQI='),
    { bytes: Buffer.from([1, 2]), headers: { 'content-type': 'image/png' } },
  ],
]

const REFUSED: readonly (readonly [string, JsonValue, string])[] = [
  ['a status with a fraction', { statusCode: 200.5 }, NO_MESSAGE],
  ['a status that is a word', { statusCode: 'OK' }, NO_MESSAGE],
  ['an empty status', { statusCode: '' }, NO_MESSAGE],
  ['a status of null', { statusCode: null }, NO_MESSAGE],
  ['a status of true', { statusCode: true }, NO_MESSAGE],
  ['a status of 0', { statusCode: 0 }, NO_MESSAGE],
  ['a negative status', { statusCode: -200 }, NO_MESSAGE],
  ['a status beyond all classes', { statusCode: 600 }, NO_MESSAGE],
  ['headers that are an array', { headers: [] }, NO_MESSAGE],
  ['headers that are a text', { headers: 'a: b' }, NO_MESSAGE],
  ['headers that are null', { headers: null }, NO_MESSAGE],
  ['a header of null', { headers: { a: null } }, NO_MESSAGE],
  ['a header that is an object', { headers: { a: {} } }, NO_MESSAGE],
  ['a header that is an array in an array', { headers: { a: [['b']] } }, NO_MESSAGE],
  ['a header with null in its array', { headers: { a: ['b', null] } }, NO_MESSAGE],
  ['a text of an unreadable type', typed('nonsense', 'x'), UNKNOWN],
  ['a text whose type is a number', typed(5, 'x'), UNKNOWN],
  ['an object of an unreadable type', typed('nonsense', {}), MISMATCH],
  ['an object of type text/html', typed('text/html', {}), MISMATCH],
  ['a number of type image/png', typed('image/png', 5), MISMATCH],
  ['a picture that is no base64', typed('image/png', 'not base64!'), MISMATCH],
  ['a picture whose base64 is cut off', typed('image/png', 'AQIDB'), MISMATCH],
  ['a picture whose base64 is wrongly padded', typed('image/png', 'AQ='), MISMATCH],
  ['SVG as it is', typed('image/svg+xml', '<svg/>'), MISMATCH],
]

/** What HTTP does not allow. */
const ILLEGAL: readonly (readonly [string, JsonValue])[] = [
  ['an informational status', { statusCode: 101 }],
  ['a header whose name has a space', { headers: { 'a b': 'c' } }],
  ['a header without a name', { headers: { '': 'c' } }],
  ['a header that smuggles another', { headers: { a: 'b\r\nset-cookie: c' } }],
]

/** What a result under .http makes. */
export const httpRows: readonly WebRow[] = [
  {
    name: ".http: headers of the transfer are the server's",
    differs: DIFFERENCES.responseHeaders,
    given: {
      returns: {
        headers: { 'content-length': '99', 'transfer-encoding': 'chunked', trailer: 'x', connection: 'x' },
        body: 'abc',
      },
    },
    when: { path: WEB },
    answer: { text: 'abc', headers: { 'content-length': '3', 'transfer-encoding': null, trailer: null } },
  },
  ...ILLEGAL.map(([what, returns]): WebRow => ({
    name: `.http: ${what} is refused`,
    differs: DIFFERENCES.responseHeaders,
    given: { returns },
    when: { path: `${WEB}.http` },
    answer: { status: 400, error: NO_MESSAGE, headers: { 'set-cookie': null } },
  })),
  ...ANSWERED.map(([what, returns, answer]): WebRow => ({
    name: `.http: ${what}`,
    given: { returns },
    when: { path: WEB },
    answer,
  })),
  ...REFUSED.map(([what, returns, error]): WebRow => ({
    name: `.http: ${what} is refused`,
    given: { returns },
    when: { path: `${WEB}.http` },
    answer: { status: 400, error, headers: { 'x-openwhisk-activation-id': /^[0-9a-f]{32}$/, 'set-cookie': null } },
  })),
]
