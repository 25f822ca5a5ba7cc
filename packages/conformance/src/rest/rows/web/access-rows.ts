import type { JsonValue } from '@stemcell/core'
import { WEB, type GivenAction, type WebRow } from '../../web-row.ts'

const UNAUTHORIZED = 'Authentication is possible but has failed or not yet been provided.'
const METHODS = 'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH'
const USUAL = 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent'
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': METHODS,
  'access-control-allow-headers': USUAL,
}
const NO_CORS = {
  'access-control-allow-origin': null,
  'access-control-allow-methods': null,
  'access-control-allow-headers': null,
}
const own = { annotations: { 'web-custom-options': true } }
const secret = (value: string): readonly string[] => ['X-Require-Whisk-Auth', value]
const requires = (value: JsonValue): GivenAction => ({ annotations: { 'require-whisk-auth': value } })
const refused = { status: 401, error: UNAUTHORIZED, headers: { ...CORS, 'www-authenticate': null } } as const

/** Who may call, and from which pages. */
export const accessRows: readonly WebRow[] = [
  // require-whisk-auth
  ...[false, undefined].map((value): WebRow => ({
    name: `require-whisk-auth ${String(value)} lets everybody in`,
    given: value === undefined ? {} : requires(value),
    answer: { args: { __ow_method: 'get' } },
  })),
  {
    name: 'a secret that is carried lets in',
    given: requires('s3cret'),
    when: { headers: secret('s3cret') },
    answer: {},
  },
  {
    name: 'a secret that is a number lets in as its text',
    given: requires(42),
    when: { headers: secret('42') },
    answer: {},
  },
  { name: 'a secret that is missing is refused', given: requires('s3cret'), answer: refused },
  {
    name: 'a wrong secret is refused',
    given: requires('s3cret'),
    when: { headers: secret('s3creT') },
    answer: refused,
  },
  {
    name: 'a longer secret is refused',
    given: requires('s3cret'),
    when: { headers: secret('s3cret2') },
    answer: refused,
  },
  { name: 'an empty secret must be carried', given: requires(''), answer: refused },
  { name: 'credentials are no secret', given: requires('s3cret'), when: { as: 'owner' }, answer: refused },
  {
    name: 'credentials of the owner let in',
    given: requires(true),
    when: { as: 'owner' },
    answer: { args: { __ow_user: '{ns}' } },
  },
  {
    name: 'credentials of anybody let in',
    given: requires(true),
    when: { as: 'other' },
    answer: { args: { __ow_user: '{other}' } },
  },
  { name: 'no credentials are refused', given: requires(true), answer: refused },
  {
    name: 'wrong credentials are refused as none',
    given: requires(true),
    when: { headers: ['authorization', `Basic ${btoa(`x:${'k'.repeat(64)}`)}`] },
    answer: refused,
  },
  ...[null, {}, [], ['s3cret']].map((value): WebRow => ({
    name: `require-whisk-auth ${JSON.stringify(value)} lets nobody in`,
    // An annotation of null in the row would be left out.
    given: value === null ? { annotations: { 'require-whisk-auth': [null] } } : requires(value),
    when: { as: 'owner', headers: secret('s3cret') },
    answer: refused,
  })),
  {
    name: 'whoever is refused is so before the body is decoded',
    given: requires(true),
    when: { method: 'POST', headers: ['content-type', 'application/json'], body: '{' },
    answer: refused,
  },

  // CORS
  { name: 'an answer carries the CORS headers', answer: { headers: CORS } },
  {
    name: 'an empty answer carries the CORS headers',
    given: { returns: {} },
    when: { path: WEB },
    answer: { status: 204, headers: CORS },
  },
  {
    name: 'the headers that the page asks for are allowed',
    when: { headers: ['access-control-request-headers', 'x-one, X-Two'] },
    answer: { headers: { ...CORS, 'access-control-allow-headers': 'x-one, X-Two' } },
  },
  {
    name: 'OPTIONS is answered without the action',
    given: { code: 'main = () => ({ headers: { "x-ran": "yes" } })' },
    when: { method: 'OPTIONS', path: WEB },
    answer: {
      text: '',
      headers: {
        ...CORS,
        'x-ran': null,
        'content-type': null,
        'content-length': '0',
        'x-openwhisk-activation-id': null,
      },
    },
  },
  {
    name: 'OPTIONS allows the headers that the page asks for',
    when: { method: 'OPTIONS', headers: ['access-control-request-headers', 'x-one'] },
    answer: { text: '', headers: { 'access-control-allow-headers': 'x-one' } },
  },
  {
    name: 'OPTIONS needs no credentials even when the action does',
    given: requires(true),
    when: { method: 'OPTIONS' },
    answer: { text: '', headers: CORS },
  },
  {
    name: 'OPTIONS of an action that is not exported is 404',
    given: { annotations: { 'web-export': false } },
    when: { method: 'OPTIONS' },
    answer: { status: 404, headers: NO_CORS },
  },
  {
    name: 'an action may answer OPTIONS itself',
    given: own,
    when: { method: 'OPTIONS' },
    answer: { args: { __ow_method: 'options' }, headers: NO_CORS },
  },
  {
    name: 'an action that answers OPTIONS itself does so without credentials',
    given: { annotations: { 'web-custom-options': true, 'require-whisk-auth': true } },
    when: { method: 'OPTIONS' },
    answer: { args: { __ow_method: 'options', __ow_user: null }, headers: NO_CORS },
  },
  {
    name: 'an action that answers OPTIONS itself has only its own headers',
    given: { ...own, returns: { headers: { 'Access-Control-Allow-Origin': 'https://a.example' }, body: 'x' } },
    when: { path: WEB },
    answer: { headers: { ...NO_CORS, 'access-control-allow-origin': 'https://a.example' } },
  },
  {
    name: 'an action that answers OPTIONS itself still asks for credentials otherwise',
    given: { annotations: { 'web-custom-options': true, 'require-whisk-auth': true } },
    answer: { status: 401, error: UNAUTHORIZED, headers: NO_CORS },
  },
  ...(['true', 1, false] as const).map((value): WebRow => ({
    name: `web-custom-options ${JSON.stringify(value)} changes nothing`,
    given: { annotations: { 'web-custom-options': value } },
    when: { method: 'OPTIONS' },
    answer: { text: '', headers: CORS },
  })),

  // transaction
  {
    name: 'the transaction id of the client comes back',
    when: { headers: ['x-request-id', 'my-own'] },
    answer: { args: { __ow_headers: { 'x-request-id': 'my-own' } }, headers: { 'x-request-id': 'my-own' } },
  },
]
