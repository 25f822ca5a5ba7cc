import type { ContractRow } from '../contract-row.ts'
import { ACTION, ACTIONS, API, code, ECHO, echoAction, ERRORS, GET, PUT } from '../paths.ts'

const OTHER = `${API}/namespaces/{other}`

/** By what names namespaces and entities are called. */
export const nameRows: readonly ContractRow[] = [
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
