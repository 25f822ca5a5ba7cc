import type { ContractRow } from '../contract-row.ts'
import { ACTIONS, ERRORS, GET, POST } from '../paths.ts'

/** Twice where a server asks for it in the name of two trees of routes. */
const CHALLENGE = /^Basic realm="OpenWhisk secure realm",charset=UTF-8(,|$)/
const basic = (pair: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
})
const STRANGER = '11111111-1111-4111-8111-111111111111'

/** Who calls. */
export const callerRows: readonly ContractRow[] = [
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
  ].map(([what, as]): ContractRow => ({
    name: `credentials with ${what as string} are refused with 401`,
    when: GET(ACTIONS, { as: as as { authorization: string } }),
    answer: { status: 401, error: ERRORS.badCredentials, headers: { 'www-authenticate': CHALLENGE } },
  })),
  ...[
    '',
    'Basic',
    'Basic ',
    'Basic !!!',
    '====',
    'Basic a b',
    'Bearer abc.def.ghi',
    'bearer YTpi',
    'Digest username="a", realm="b"',
    'Mystery',
    'BasicYTpi',
  ].map((authorization): ContractRow => ({
    name: `an Authorization header of '${authorization}' counts as none`,
    when: GET(ACTIONS, { as: { authorization } }),
    answer: { status: 401, error: ERRORS.noCredentials, headers: { 'www-authenticate': CHALLENGE } },
  })),
  {
    name: 'credentials are judged before anything else',
    when: POST(`${ACTIONS}/-illegal`, 'no json', { as: 'nobody', headers: { 'content-type': 'text/plain' } }),
    answer: { status: 401, error: ERRORS.noCredentials },
  },
]
