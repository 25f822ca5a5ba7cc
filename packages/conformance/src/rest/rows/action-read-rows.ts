import { ANYTHING, type ContractRow } from '../contract-row.ts'
import { ACTION, ACTIONS, code, DELETE, ECHO, echoAction, ERRORS, GET, malformedQuery, POST, PUT } from '../paths.ts'

const FIELDS = ['namespace', 'name', 'version', 'publish', 'exec', 'parameters', 'limits', 'annotations', 'updated']
const PACKAGE = `${ACTIONS}/{u}p`
const inPackage = { package: '{u}p' }

export const actionReadRows: readonly ContractRow[] = [
  // one action
  {
    name: 'an action is read with its code',
    given: [echoAction],
    when: GET(ACTION),
    answer: { status: 200, fields: FIELDS, body: { exec: { kind: 'nodejs:20', code: ECHO, binary: false } } },
  },
  {
    name: 'code=true is the default',
    given: [echoAction],
    when: GET(`${ACTION}?code=`),
    answer: { status: 200, body: { exec: { code: ECHO } } },
  },
  {
    name: 'code=false leaves the code out',
    given: [PUT(ACTION, { exec: { kind: 'nodejs:20', code: ECHO, main: 'main' } })],
    when: GET(`${ACTION}?code=false`),
    answer: {
      status: 200,
      fields: FIELDS,
      body: { exec: { kind: 'nodejs:20', binary: false, main: 'main', code: undefined } },
    },
  },
  {
    name: 'code must be a word for true or false',
    given: [echoAction],
    when: GET(`${ACTION}?code=2`),
    answer: { status: 400, error: malformedQuery('code', "'2' is not a valid Boolean value") },
  },
  {
    name: 'of a repeated query parameter the first counts',
    given: [echoAction],
    when: GET(`${ACTION}?code=false&code=true`),
    answer: { status: 200, body: { exec: { code: undefined } } },
  },
  {
    name: 'a package is not read as an action',
    given: [{ package: '{u}' }],
    when: GET(ACTION),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'an update is seen at once',
    given: [echoAction, GET(ACTION), PUT(`${ACTION}?overwrite=true`, { publish: true })],
    when: GET(ACTION),
    answer: { status: 200, body: { publish: true, version: '0.0.2' } },
  },

  // deletion
  {
    name: 'a deleted action is answered as it was',
    given: [PUT(ACTION, code(ECHO, { parameters: [{ key: 'a', value: 1 }] }))],
    when: DELETE(ACTION),
    answer: { status: 200, fields: FIELDS, body: { exec: { code: ECHO }, parameters: [{ key: 'a', value: 1 }] } },
  },
  {
    name: 'long code is answered when its action is deleted',
    given: [PUT(ACTION, code('y'.repeat(50_001)))],
    when: DELETE(ACTION),
    answer: { status: 200, body: { exec: { code: 'y'.repeat(50_001) } } },
  },
  {
    name: 'a deleted action is gone',
    given: [echoAction, DELETE(ACTION)],
    when: GET(ACTION),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a deleted action cannot be invoked',
    given: [echoAction, POST(`${ACTION}?blocking=true`, {}), DELETE(ACTION)],
    when: POST(ACTION, {}),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a missing action cannot be deleted',
    when: DELETE(ACTION),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a package is not deleted as an action',
    given: [{ package: '{u}' }],
    when: DELETE(ACTION),
    answer: { status: 409, error: ERRORS.otherCollection },
  },

  // listings; those of a package, where no other row writes
  {
    name: 'a listing shows a summary of each action',
    given: [inPackage, PUT(`${PACKAGE}/a`, code(ECHO, { parameters: [{ key: 'secret', value: 1 }] }))],
    when: GET(`${PACKAGE}/`),
    answer: {
      status: 200,
      body: [
        {
          namespace: '{ns}/{u}p',
          name: 'a',
          version: '0.0.1',
          publish: false,
          annotations: [
            { key: 'provide-api-key', value: false },
            { key: 'exec', value: 'nodejs:20' },
          ],
          updated: ANYTHING,
          limits: { timeout: 60000, memory: 256, logs: 10, concurrency: 1 },
          exec: { binary: false, kind: undefined, code: undefined },
          parameters: undefined,
        },
      ],
    },
  },
  {
    name: 'an empty listing is an empty array',
    given: [inPackage],
    when: GET(`${PACKAGE}/`),
    answer: { status: 200, body: [] },
  },
  {
    name: 'the listing of a namespace includes what is in its packages',
    given: [inPackage, PUT(`${PACKAGE}/{u}a`, code(ECHO))],
    when: GET(`${ACTIONS}?limit=200`),
    answer: { status: 200, includes: { namespace: '{ns}/{u}p', name: '{u}a' } },
  },
  {
    name: 'skip leaves out entries at the start',
    given: [inPackage, PUT(`${PACKAGE}/a`, code(ECHO)), PUT(`${PACKAGE}/b`, code(ECHO))],
    when: GET(`${PACKAGE}/?skip=1`),
    answer: { status: 200, body: [{ name: /^[ab]$/ }] },
  },
  {
    name: 'skip beyond the end leaves nothing',
    given: [inPackage, PUT(`${PACKAGE}/a`, code(ECHO))],
    when: GET(`${PACKAGE}/?skip=5`),
    answer: { status: 200, body: [] },
  },
  {
    name: 'limit bounds the entries',
    given: [inPackage, PUT(`${PACKAGE}/a`, code(ECHO)), PUT(`${PACKAGE}/b`, code(ECHO))],
    when: GET(`${PACKAGE}/?limit=1`),
    answer: { status: 200, body: [{ name: /^[ab]$/ }] },
  },
  {
    name: 'limit=0 means as many as there may be',
    given: [inPackage, PUT(`${PACKAGE}/a`, code(ECHO)), PUT(`${PACKAGE}/b`, code(ECHO))],
    when: GET(`${PACKAGE}/?limit=0`),
    answer: { status: 200, body: [{}, {}] },
  },
  { name: 'limit may be 200', when: GET(`${ACTIONS}?limit=200`), answer: { status: 200 } },
  {
    name: 'count=true answers the number only',
    given: [inPackage, PUT(`${PACKAGE}/a`, code(ECHO)), PUT(`${PACKAGE}/b`, code(ECHO))],
    when: GET(`${PACKAGE}/?count=true`),
    answer: { status: 200, fields: ['actions'], body: { actions: 2 } },
  },
  {
    name: 'count is less what is skipped',
    given: [inPackage, PUT(`${PACKAGE}/a`, code(ECHO)), PUT(`${PACKAGE}/b`, code(ECHO))],
    when: GET(`${PACKAGE}/?count=true&skip=1`),
    answer: { status: 200, body: { actions: 1 } },
  },
  {
    name: 'count is never negative',
    given: [inPackage],
    when: GET(`${PACKAGE}/?count=true&skip=3`),
    answer: { status: 200, body: { actions: 0 } },
  },
  {
    name: 'a deleted action is not listed',
    given: [inPackage, PUT(`${PACKAGE}/a`, code(ECHO)), DELETE(`${PACKAGE}/a`)],
    when: GET(`${PACKAGE}/`),
    answer: { status: 200, body: [] },
  },
  ...(
    [
      ['limit', '201', "The value '201' is not in the range of 0 to 200 for actions."],
      ['limit', '-1', "The value '-1' is not in the range of 0 to 200 for actions."],
      ['limit', 'x', "The value 'x' is not an integer for actions."],
      ['limit', '', "The value '' is not an integer for actions."],
      ['limit', '1.5', "The value '1.5' is not an integer for actions."],
      ['limit', '99999999999', "The value '99999999999' is not an integer for actions."],
      ['skip', '-1', "The value '-1' is not greater than or equal to 0 for actions."],
      ['skip', 'x', "The value 'x' is not an integer for actions."],
      ['count', 'x', "'x' is not a valid Boolean value"],
    ] as const
  ).map(([param, value, detail]) => ({
    name: `a listing is refused with ${param}=${value}`,
    when: GET(`${ACTIONS}?${param}=${value}`),
    answer: { status: 400, error: malformedQuery(param, detail) },
  })),
]
