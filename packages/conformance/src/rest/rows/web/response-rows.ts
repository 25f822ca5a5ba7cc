import type { JsonValue } from '@stemcell/core'
import { DIFFERENCES } from '../../differences.ts'
import { WEB, type WebRow } from '../../web-row.ts'

const HTML = 'text/html; charset=UTF-8'
const TEXT = 'text/plain; charset=UTF-8'
const ID = /^[0-9a-f]{32}$/
const FAILED = 'There was an error processing your request.'
const notValid = (type: string): string => `Response is not valid '${type}'.`

interface Shown {
  readonly what: string
  readonly extension: string
  readonly returns: JsonValue
  readonly type: string
  readonly text: string
}

const SHOWN: readonly Shown[] = [
  {
    what: 'an object',
    extension: '.json',
    returns: { a: [1, {}] },
    type: 'application/json',
    text: '{\n  "a": [1, {\n\n  }]\n}',
  },
  { what: 'an empty object', extension: '.json', returns: {}, type: 'application/json', text: '{\n\n}' },
  {
    what: 'objects in a list, indented as their list is',
    extension: '.json',
    returns: { a: { b: [{ c: 1, d: [] }, 'e"', [null]] } },
    type: 'application/json',
    text: '{\n  "a": {\n    "b": [{\n      "c": 1,\n      "d": []\n    }, "e\\"", [null]]\n  }\n}',
  },
  {
    // Members in the order of their names, which is OpenWhisk's.
    what: 'a result with statusCode and headers',
    extension: '.json',
    returns: { headers: { a: 'b' }, statusCode: 404 },
    type: 'application/json',
    text: '{\n  "headers": {\n    "a": "b"\n  },\n  "statusCode": 404\n}',
  },
  {
    what: 'an array as an error',
    extension: '.json',
    returns: { error: [1] },
    type: 'application/json',
    text: '[1]',
  },
  { what: 'body', extension: '.html', returns: { body: '<p>é', html: 'x', statusCode: 500 }, type: HTML, text: '<p>é' },
  { what: 'html', extension: '.html', returns: { html: '<b>' }, type: HTML, text: '<b>' },
  { what: 'an empty text', extension: '.html', returns: { body: '' }, type: HTML, text: '' },
  { what: 'a bare text as an error', extension: '.html', returns: { error: '<i>' }, type: HTML, text: '<i>' },
  { what: 'body', extension: '.svg', returns: { body: '<svg/>', svg: 'x' }, type: 'image/svg+xml', text: '<svg/>' },
  { what: 'svg', extension: '.svg', returns: { svg: '<svg/>' }, type: 'image/svg+xml', text: '<svg/>' },
  { what: 'a bare text as an error', extension: '.svg', returns: { error: 'a' }, type: 'image/svg+xml', text: 'a' },
  { what: 'body', extension: '.text', returns: { body: 'hé', text: 'x' }, type: TEXT, text: 'hé' },
  { what: 'text', extension: '.text', returns: { text: 't' }, type: TEXT, text: 't' },
  { what: 'a number', extension: '.text', returns: { body: 1.5 }, type: TEXT, text: '1.5' },
  { what: 'a truth value', extension: '.text', returns: { text: false }, type: TEXT, text: 'false' },
  { what: 'null', extension: '.text', returns: { body: null, text: 't' }, type: TEXT, text: 'null' },
  { what: 'an object', extension: '.text', returns: { body: { a: 1 } }, type: TEXT, text: '{\n  "a": 1\n}' },
  { what: 'an array', extension: '.text', returns: { text: [1, 2] }, type: TEXT, text: '[1, 2]' },
  {
    what: 'a bare text as an error',
    extension: '.text',
    returns: { error: 'went wrong' },
    type: TEXT,
    text: 'went wrong',
  },
  { what: 'a bare number as an error', extension: '.text', returns: { error: 5 }, type: TEXT, text: '5' },
  { what: 'null as an error', extension: '.text', returns: { error: null }, type: TEXT, text: 'null' },
]

const REFUSED: readonly (readonly [string, JsonValue, number, string])[] = [
  ['.json', { error: 'a text' }, 400, notValid('application/json')],
  ['.json', { error: null }, 400, notValid('application/json')],
  ['.html', { other: 'x' }, 400, notValid('text/html')],
  ['.html', { body: 5, html: '<p>' }, 400, notValid('text/html')],
  ['.html', { body: null, html: '<p>' }, 400, notValid('text/html')],
  ['.html', { error: 7 }, 400, notValid('text/html')],
  ['.svg', { html: 'x' }, 400, notValid('image/svg+xml')],
  ['.svg', { body: {} }, 400, notValid('image/svg+xml')],
  ['.svg', { error: 7 }, 400, notValid('image/svg+xml')],
  ['.svg', { error: ['a'] }, 400, notValid('image/svg+xml')],
  ['.text', { other: 'x' }, 404, 'Response does not include requested property.'],
  ['.text', {}, 404, 'Response does not include requested property.'],
  ['.http', { error: 'a text' }, 400, notValid('message/http')],
  ['', { error: ['a'] }, 400, notValid('message/http')],
]

/** How results become responses, by extension. */
export const responseRows: readonly WebRow[] = [
  ...SHOWN.map(({ what, extension, returns, type, text }): WebRow => ({
    name: `${extension} shows ${what}`,
    given: { returns },
    when: { path: `${WEB}${extension}` },
    answer: {
      text,
      headers: {
        'content-type': type,
        'x-openwhisk-activation-id': ID,
        'content-length': String(Buffer.byteLength(text)),
      },
    },
  })),
  ...REFUSED.map(([extension, returns, status, error]): WebRow => ({
    name: `${extension || 'no extension'} cannot show ${JSON.stringify(returns)}`,
    given: { returns },
    when: { path: `${WEB}${extension}` },
    answer: { status, error, headers: { 'x-openwhisk-activation-id': ID, 'access-control-allow-origin': '*' } },
  })),
  {
    name: 'an application error may be a whole response',
    given: { returns: { error: { statusCode: 418, body: 'short', headers: { 'x-a': 'b' } } } },
    when: { path: WEB },
    answer: { status: 418, text: 'short', headers: { 'x-a': 'b', 'x-openwhisk-activation-id': ID } },
  },
  {
    name: 'of an application error only its error is shown',
    given: { returns: { error: { a: 1 }, body: 'not shown' } },
    answer: { text: '{\n  "a": 1\n}' },
  },
  {
    name: 'an action that throws is 400 with its activation id',
    given: { code: 'main = () => { throw new Error("secret") }' },
    when: { path: WEB },
    answer: {
      status: 400,
      error: FAILED,
      headers: { 'x-openwhisk-activation-id': ID, 'access-control-allow-origin': '*' },
    },
  },
  {
    name: 'an action whose code is broken is 400',
    given: { code: 'main = (' },
    answer: { status: 400, error: FAILED, headers: { 'x-openwhisk-activation-id': ID } },
  },
  {
    name: 'an action that answers no object is 400',
    given: { code: 'main = () => "a text"' },
    answer: { status: 400, error: FAILED },
  },
  {
    name: 'an action whose answer is an array is 500 in plain text',
    given: { code: 'main = () => [1]' },
    answer: { status: 500, text: 'There was an internal server error.', headers: { 'content-type': TEXT } },
  },

  {
    name: 'a result is not indented where that would make it many times as large',
    differs: DIFFERENCES.indentation,
    given: {
      code: `main = () => {
        let result = { list: Array.from({ length: 5000 }, () => ({ a: 0 })) }
        for (let depth = 0; depth < 500; depth++) result = { o: result }
        return result
      }`,
    },
    answer: { text: `${'{"o":'.repeat(500)}{"list":[${'{"a":0},'.repeat(4999)}{"a":0}]}${'}'.repeat(500)}` },
  },
  {
    name: 'lists in lists are no reason to leave out the indentation',
    given: {
      code: `main = () => {
        let list = Array.from({ length: 5000 }, () => 0)
        for (let depth = 0; depth < 500; depth++) list = [list]
        return { list }
      }`,
    },
    answer: { text: `{\n  "list": ${'['.repeat(501)}${'0, '.repeat(4999)}0${']'.repeat(501)}\n}` },
  },

  // what the client accepts
  ...(
    [
      ['.json', 'text/html'],
      ['.html', 'application/json'],
      ['.html', 'text/html;q=0, */*'],
      ['.text', 'text/html, text/*;q=0'],
    ] as const
  ).map(([extension, accept]): WebRow => ({
    name: `a client that accepts only ${accept} is told what ${extension} makes`,
    given: { returns: { body: 'x' } },
    when: { path: `${WEB}${extension}`, headers: ['accept', accept] },
    answer: {
      status: 406,
      rejection:
        /^Resource representation is only available with these types:\n(application\/json|text\/(html|plain); charset=UTF-8)$/,
      headers: { 'access-control-allow-origin': null, 'x-openwhisk-activation-id': null },
    },
  })),
  ...[
    '*/*',
    'text/*',
    'TEXT/HTML',
    'text/html; charset=UTF-8',
    'image/png, text/html;q=0.1',
    '*/*;q=0.5, text/plain',
    'nonsense',
    '',
  ].map((accept): WebRow => ({
    name: `a client that sends Accept: ${accept} gets HTML`,
    given: { returns: { body: 'x' } },
    when: { path: `${WEB}.html`, headers: ['accept', accept] },
    answer: { text: 'x', headers: { 'content-type': HTML } },
  })),
  {
    name: 'a response that is no success is given whatever the client accepts',
    given: { returns: { statusCode: 404, body: 'none' } },
    when: { path: WEB, headers: ['accept', 'application/json'] },
    answer: { status: 404, text: 'none', headers: { 'content-type': HTML } },
  },
  {
    name: 'an empty response is given whatever the client accepts',
    given: { returns: {} },
    when: { path: WEB, headers: ['accept', 'image/png'] },
    answer: { status: 204, text: '' },
  },
]
