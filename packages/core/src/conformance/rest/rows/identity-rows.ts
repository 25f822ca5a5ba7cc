import type { ContractRow } from '../contract-row.ts'
import {
  ACTION,
  ACTIONS,
  API,
  code,
  DELETE,
  ECHO,
  echoAction,
  ERRORS,
  forbidden,
  GET,
  NS,
  POST,
  PUT,
} from '../paths.ts'

const CHALLENGE = /Basic realm="OpenWhisk secure realm"/
const OTHER = `${API}/namespaces/{other}`
const basic = (pair: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
})
const STRANGER = '11111111-1111-4111-8111-111111111111'

/** Who calls, in which namespace, and by what names. */
export const identityRows: readonly ContractRow[] = [
  {
    name: 'a request without credentials is 401 with a challenge',
    when: GET(ACTIONS, { as: 'nobody' }),
    answer: { status: 401, error: ERRORS.noCredentials, headers: { 'www-authenticate': CHALLENGE } },
  },
  ...[
    ['an unknown user', basic(`${STRANGER}:${'k'.repeat(64)}`)],
    ['a key of another length', basic(`${STRANGER}:short`)],
    ['a user that is no UUID', basic(`guest:${'k'.repeat(64)}`)],
    ['no password at all', basic(STRANGER)],
    ['another scheme', { authorization: 'Bearer abc.def.ghi' }],
    ['a scheme nobody knows', { authorization: 'Mystery' }],
  ].map(([what, as]): ContractRow => ({
    name: `credentials with ${what as string} are refused with 401`,
    when: GET(ACTIONS, { as: as as { authorization: string } }),
    answer: { status: 401, error: ERRORS.badCredentials, headers: { 'www-authenticate': CHALLENGE } },
  })),
  ...['', 'Basic', 'Basic ', 'Basic !!!', '====', 'Basic a b'].map((authorization): ContractRow => ({
    name: `an Authorization header of '${authorization}' counts as none`,
    when: GET(ACTIONS, { as: { authorization } }),
    answer: { status: 401, error: ERRORS.noCredentials },
  })),
  {
    name: 'credentials are judged before anything else',
    when: POST(`${ACTIONS}/-illegal`, 'no json', { as: 'nobody', headers: { 'content-type': 'text/plain' } }),
    answer: { status: 401, error: ERRORS.noCredentials },
  },

  // namespaces
  {
    name: 'a caller has exactly one namespace',
    when: GET(`${API}/namespaces`),
    answer: { status: 200, body: ['{ns}'] },
  },
  {
    name: '_ stands for the namespace of the caller',
    given: [echoAction],
    when: GET(`${API}/namespaces/{ns}/actions/{u}`),
    answer: { status: 200, body: { namespace: '{ns}' } },
  },
  {
    name: '_ may be percent-encoded',
    given: [echoAction],
    when: GET(`${API}/namespaces/%5F/actions/{u}`),
    answer: { status: 200 },
  },
  {
    name: 'a namespace that begins with _ cannot be reached',
    when: GET(`${API}/namespaces/_x/actions`),
    answer: { status: 404, error: ERRORS.noRoute },
  },
  {
    name: 'the actions of another namespace are forbidden',
    when: GET(`${OTHER}/actions`),
    answer: { status: 403, error: forbidden('{other}') },
  },
  {
    name: 'an action of another namespace is forbidden whether or not it exists',
    when: GET(`${OTHER}/actions/{u}`),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'writing into another namespace is forbidden',
    when: PUT(`${OTHER}/actions/{u}`, code(ECHO)),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'deleting in another namespace is forbidden',
    when: DELETE(`${OTHER}/actions/{u}`),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'invoking in another namespace is forbidden',
    when: POST(`${OTHER}/actions/{u}`, {}),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'a namespace that nobody has is forbidden like any other',
    when: GET(`${API}/namespaces/{u}/actions`),
    answer: { status: 403, error: forbidden('{u}') },
  },
  {
    name: 'activations of another namespace are forbidden',
    when: GET(`${OTHER}/activations`),
    answer: { status: 403, error: forbidden('{other}') },
  },
  {
    name: 'an activation of another namespace is forbidden',
    when: GET(`${OTHER}/activations/00000000000000000000000000000000`),
    answer: { status: 403, error: forbidden('{other}/00000000000000000000000000000000') },
  },
  {
    name: 'the limits of another namespace are forbidden',
    when: GET(`${OTHER}/limits`),
    answer: { status: 403, error: forbidden('{other}') },
  },

  // limits
  {
    name: 'the limits of the namespace are shown with their units',
    when: GET(`${NS}/limits`),
    answer: {
      status: 200,
      body: {
        invocationsPerMinute: /^\d+$/,
        concurrentInvocations: /^\d+$/,
        firesPerMinute: /^\d+$/,
        minActionMemory: 128,
        maxActionMemory: 512,
        minActionLogs: 0,
        maxActionLogs: 10,
        minActionTimeout: 100,
        maxActionTimeout: 300000,
        minActionConcurrency: 1,
        maxActionConcurrency: 1,
        maxParameterSize: '1048576 B',
        maxActionInstances: /^\d+$/,
      },
    },
  },
  {
    name: 'a single limit cannot be read',
    when: GET(`${NS}/limits/memory`),
    answer: { status: 400, error: 'Inner entity level routes for limits are not yet implemented.' },
  },

  // names
  ...[
    '-a',
    'a%20',
    '%20a',
    '%20',
    'a%2Fb',
    'a%2Bb',
    'a%24',
    'a%3Fb',
    'a%7Cb',
    'a+b',
    'a%00',
    'na%C3%AFve',
    'a%25b',
  ].map((name): ContractRow => ({
    name: `no action may be called ${name}`,
    when: PUT(`${ACTIONS}/${name}`, code(ECHO)),
    answer: { status: 400, error: ERRORS.nameIllegal },
  })),
  ...['a%20b{u}', 'a%26{u}', '%5F{u}', 'a@{u}', 'a.{u}-', '1.{u}', '{u}&'].map((name): ContractRow => ({
    name: `an action may be called ${name}`,
    when: PUT(`${ACTIONS}/${name}`, code(ECHO)),
    answer: { status: 200, body: { namespace: '{ns}' } },
  })),
  {
    name: 'a name is percent-decoded once',
    given: [PUT(`${ACTIONS}/{u}%20%26%20b`, code(ECHO))],
    when: GET(`${ACTIONS}/{u}%20&%20b`),
    answer: { status: 200, body: { name: '{u} & b' } },
  },
  {
    name: 'a name of 256 characters is legal',
    when: GET(`${ACTIONS}/${'n'.repeat(256)}`),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a name of 257 characters is too long',
    when: GET(`${ACTIONS}/${'n'.repeat(257)}`),
    answer: { status: 400, error: 'Name segement longer than allowed: 257 > 256.' },
  },
  {
    name: 'a namespace with illegal characters is 400',
    when: GET(`${API}/namespaces/a%24/actions`),
    answer: { status: 400, error: ERRORS.namespaceIllegal },
  },
  {
    name: 'a namespace of 257 characters is too long',
    when: GET(`${API}/namespaces/${'n'.repeat(257)}/actions`),
    answer: { status: 400, error: 'Namespace longer than allowed: 257 > 256.' },
  },
  {
    name: 'the namespace is judged before the name',
    when: GET(`${API}/namespaces/a%24/actions/b%24`),
    answer: { status: 400, error: ERRORS.namespaceIllegal },
  },
  {
    name: 'the name is judged before the right to use it',
    when: GET(`${OTHER}/actions/b%24`),
    answer: { status: 400, error: ERRORS.nameIllegal },
  },
  {
    name: 'the name of a package is judged like any other',
    when: GET(`${ACTIONS}/b%24/a`),
    answer: { status: 400, error: ERRORS.nameIllegal },
  },
  {
    name: 'the name of an action in a package is judged like any other',
    when: GET(`${ACTIONS}/b/a%24`),
    answer: { status: 400, error: ERRORS.nameIllegal },
  },
  {
    name: 'a missing action is 404',
    when: GET(ACTION),
    answer: { status: 404, error: ERRORS.missing },
  },
]
