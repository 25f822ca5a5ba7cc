import { ANYTHING, type ContractRow } from '../contract-row.ts'
import {
  ACTION,
  ACTIONS,
  ACTIVATIONS,
  code,
  ECHO,
  echoAction,
  ERRORS,
  GET,
  malformedQuery,
  POST,
  PUT,
} from '../paths.ts'

const RECORD = `${ACTIVATIONS}/{id}`
const FIELDS = [
  'namespace',
  'name',
  'version',
  'subject',
  'activationId',
  'start',
  'end',
  'duration',
  'publish',
  'response',
  'logs',
  'annotations',
]
const NOBODY = '0123456789abcdef0123456789abcdef'
const invoked = [echoAction, POST(`${ACTION}?blocking=true`, { a: 1 }), GET(RECORD, { until: 200 })]
const BY_NAME = `${ACTIVATIONS}?name={u}`

export const activationRows: readonly ContractRow[] = [
  // one record
  {
    name: 'a record is read in full',
    given: invoked,
    when: GET(RECORD),
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        namespace: '{ns}',
        name: '{u}',
        version: '0.0.1',
        activationId: '{id}',
        publish: false,
        response: { status: 'success', success: true, result: { a: 1 }, statusCode: undefined },
        logs: ANYTHING,
        annotations: ANYTHING,
      },
    },
  },
  {
    name: 'a record is read with a slash at the end too',
    given: invoked,
    when: GET(`${RECORD}/`),
    answer: { status: 200 },
  },
  {
    name: 'a record of a failure is read like any other',
    given: [
      PUT(ACTION, code("function main() { return { error: 'no' } }")),
      POST(`${ACTION}?blocking=true`, {}, { expected: 502 }),
      GET(RECORD, { until: 200 }),
    ],
    when: GET(RECORD),
    answer: {
      status: 200,
      body: { response: { status: 'application error', success: false, result: { error: 'no' } } },
    },
  },
  {
    name: 'an invocation that did not block has a record too',
    given: [echoAction, POST(ACTION, { b: 2 })],
    when: GET(RECORD, { until: 200 }),
    answer: { status: 200, body: { response: { result: { b: 2 } } } },
  },
  {
    name: 'the result is read by itself',
    given: invoked,
    when: GET(`${RECORD}/result`),
    answer: { status: 200, body: { result: { a: 1 }, success: true, status: 'success', statusCode: undefined } },
  },
  {
    name: 'the logs are read by themselves',
    given: invoked,
    when: GET(`${RECORD}/logs`),
    answer: { status: 200, fields: ['logs'], body: { logs: ANYTHING } },
  },
  ...['', '/', '/logs', '/result'].map((rest): ContractRow => ({
    name: `an unknown activation is 404: GET {id}${rest}`,
    when: GET(`${ACTIVATIONS}/${NOBODY}${rest}`),
    answer: { status: 404, error: ERRORS.missing },
  })),
  ...(
    [
      ['a', 'Activation id length is 1 but must be 32.'],
      [`${NOBODY}0`, 'Activation id length is 33 but must be 32.'],
      [NOBODY.toUpperCase(), 'The activation id is not valid.'],
      ['g'.repeat(32), 'The activation id is not valid.'],
      [`${'a'.repeat(31)}%20`, 'The activation id is not valid.'],
    ] as const
  ).map(([id, error]) => ({
    name: `'${id}' is no activation id`,
    when: GET(`${ACTIVATIONS}/${id}`),
    answer: { status: 400, error },
  })),

  // listings
  {
    name: 'a listing shows summaries',
    given: invoked,
    when: GET(BY_NAME),
    answer: {
      status: 200,
      body: [
        {
          namespace: '{ns}',
          name: '{u}',
          version: '0.0.1',
          publish: false,
          annotations: ANYTHING,
          activationId: '{id}',
          start: ANYTHING,
          end: ANYTHING,
          duration: ANYTHING,
          statusCode: 0,
          response: undefined,
          logs: undefined,
          subject: undefined,
        },
      ],
    },
  },
  {
    name: 'docs=true shows whole records',
    given: invoked,
    when: GET(`${BY_NAME}&docs=true`),
    answer: {
      status: 200,
      body: [
        {
          activationId: '{id}',
          subject: ANYTHING,
          logs: ANYTHING,
          response: { status: 'success', statusCode: undefined },
        },
      ],
    },
  },
  {
    name: 'count=true answers the number of activations only',
    given: [...invoked, POST(`${ACTION}?blocking=true`, {}), GET(RECORD, { until: 200 })],
    when: GET(`${BY_NAME}&count=true`),
    answer: { status: 200, fields: ['activations'], body: { activations: 2 } },
  },
  {
    name: 'the number honours skip',
    given: invoked,
    when: GET(`${BY_NAME}&count=true&skip=5`),
    answer: { status: 200, body: { activations: 0 } },
  },
  {
    name: 'docs=true is refused together with count',
    when: GET(`${ACTIVATIONS}?docs=true&count=true`),
    answer: { status: 400, error: "The parameter 'docs' is not permitted with 'count'." },
  },
  {
    name: 'the latest comes first',
    given: [
      ...invoked,
      PUT(`${ACTION}?overwrite=true`, {}),
      POST(`${ACTION}?blocking=true`, {}),
      GET(RECORD, { until: 200 }),
    ],
    when: GET(`${BY_NAME}&limit=1`),
    answer: { status: 200, body: [{ activationId: ANYTHING }] },
  },
  {
    name: 'an empty name filters nothing',
    given: invoked,
    when: GET(`${ACTIVATIONS}?name=&limit=1`),
    answer: { status: 200, body: [{}] },
  },
  ...['/{u}', '{u}/', '//{u}//none', '/{u}/none/'].map((name): ContractRow => ({
    name: `slashes around a name do not matter: ${name}`,
    when: GET(`${ACTIVATIONS}?name=${name}`),
    answer: { status: 200, body: [] },
  })),
  {
    name: 'a blank name filters nothing',
    given: invoked,
    when: GET(`${ACTIVATIONS}?name=%20&limit=1`),
    answer: { status: 200, body: [{}] },
  },
  { name: 'a name that nothing has lists nothing', when: GET(BY_NAME), answer: { status: 200, body: [] } },
  {
    name: 'an action in a package is found under both names together',
    given: [
      { package: '{u}p' },
      PUT(`${ACTIONS}/{u}p/{u}`, code(ECHO)),
      POST(`${ACTIONS}/{u}p/{u}?blocking=true`, {}),
      GET(RECORD, { until: 200 }),
    ],
    when: GET(`${ACTIVATIONS}?name={u}p/{u}`),
    answer: { status: 200, body: [{ name: '{u}' }] },
  },
  {
    name: 'an action in a package is not found under its own name alone',
    given: [
      { package: '{u}p' },
      PUT(`${ACTIONS}/{u}p/{u}`, code(ECHO)),
      POST(`${ACTIONS}/{u}p/{u}?blocking=true`, {}),
      GET(RECORD, { until: 200 }),
    ],
    when: GET(BY_NAME),
    answer: { status: 200, body: [] },
  },
  {
    name: 'an action invoked through a binding is found under the binding',
    given: [
      { package: '{u}p' },
      { package: '{u}b', binding: { namespace: '{ns}', name: '{u}p' } },
      PUT(`${ACTIONS}/{u}p/{u}`, code(ECHO)),
      POST(`${ACTIONS}/{u}b/{u}?blocking=true`, {}),
      GET(RECORD, { until: 200 }),
    ],
    when: GET(`${ACTIVATIONS}?name={u}b/{u}`),
    answer: { status: 200, body: [{ name: '{u}' }] },
  },
  {
    name: 'since is in milliseconds',
    given: invoked,
    when: GET(`${BY_NAME}&since=1500000000000`),
    answer: { status: 200, body: [{}] },
  },
  {
    name: 'since in the future lists nothing',
    given: invoked,
    when: GET(`${BY_NAME}&since=9000000000000`),
    answer: { status: 200, body: [] },
  },
  {
    name: 'upto in the past lists nothing',
    given: invoked,
    when: GET(`${BY_NAME}&upto=1500000000000`),
    answer: { status: 200, body: [] },
  },
  {
    name: 'upto in the future lists all',
    given: invoked,
    when: GET(`${BY_NAME}&upto=9000000000000`),
    answer: { status: 200, body: [{}] },
  },
  {
    name: 'a time before the epoch is a time',
    when: GET(`${BY_NAME}&since=-1&upto=-1`),
    answer: { status: 200, body: [] },
  },
  {
    name: 'the number honours since and upto',
    given: invoked,
    when: GET(`${BY_NAME}&count=true&upto=1500000000000`),
    answer: { status: 200, body: { activations: 0 } },
  },
  ...(
    [
      ['limit', '201', "The value '201' is not in the range of 0 to 200 for activations."],
      ['limit', 'x', "The value 'x' is not an integer for activations."],
      ['skip', '-1', "The value '-1' is not greater than or equal to 0 for activations."],
      ['docs', 'x', "'x' is not a valid Boolean value"],
      ['name', 'a/b/c', "Parameter may be a 'simple' name or 'package-name/simple' name: a/b/c"],
      ['name', '/', "Parameter may be a 'simple' name or 'package-name/simple' name: /"],
      ['name', '/a/b/c', "Parameter may be a 'simple' name or 'package-name/simple' name: /a/b/c"],
      ['name', '$', "Parameter may be a 'simple' name or 'package-name/simple' name: $"],
      ['since', 'x', 'Parameter is not a valid value for epoch seconds: x'],
      ['since', '', 'Parameter is not a valid value for epoch seconds: '],
      ['upto', '1.5', 'Parameter is not a valid value for epoch seconds: 1.5'],
      ['upto', '9223372036854775808', 'Parameter is not a valid value for epoch seconds: 9223372036854775808'],
    ] as const
  ).map(([param, value, detail]) => ({
    name: `a listing of activations is refused with ${param}=${value}`,
    when: GET(`${ACTIVATIONS}?${param}=${value}`),
    answer: { status: 400, error: malformedQuery(param, detail) },
  })),
]
