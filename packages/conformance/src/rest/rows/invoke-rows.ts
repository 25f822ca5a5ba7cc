import { ANYTHING, type ContractRow } from '../contract-row.ts'
import { ACTION, code, ECHO, echoAction, ERRORS, malformed, malformedQuery, POST, PUT, UNTYPED } from '../paths.ts'

const ID = /^[0-9a-f]{32}$/
const BLOCKING = `${ACTION}?blocking=true`
const RESULT = `${ACTION}?blocking=true&result=true`
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
const FINAL = {
  parameters: [
    { key: 'a', value: 1 },
    { key: 'open', value: null },
  ],
  annotations: [{ key: 'final', value: true }],
}
const REFUSED_FINAL = 'Request defines parameters that are not allowed (e.g., reserved properties).'

export const invokeRows: readonly ContractRow[] = [
  // outcomes
  {
    name: 'an invocation that does not block is accepted with its id',
    given: [echoAction],
    when: POST(ACTION, { a: 1 }),
    answer: {
      status: 202,
      fields: ['activationId'],
      body: { activationId: ID },
      headers: { 'x-openwhisk-activation-id': ID },
    },
  },
  {
    name: 'an invocation that blocks is answered with the record',
    given: [echoAction],
    when: POST(BLOCKING, { a: 1 }),
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        namespace: '{ns}',
        name: '{u}',
        version: '0.0.1',
        subject: ANYTHING,
        activationId: ID,
        start: ANYTHING,
        end: ANYTHING,
        duration: ANYTHING,
        publish: false,
        response: { status: 'success', success: true, result: { a: 1 }, statusCode: undefined },
        logs: [],
      },
      headers: { 'x-openwhisk-activation-id': ID },
    },
  },
  {
    name: 'result=true answers with the result only',
    given: [echoAction],
    when: POST(RESULT, { a: [1, { b: 'é' }] }),
    answer: {
      status: 200,
      fields: ['a'],
      body: { a: [1, { b: 'é' }] },
      headers: { 'x-openwhisk-activation-id': ID },
    },
  },
  {
    name: 'result=true has no meaning without blocking',
    given: [echoAction],
    when: POST(`${ACTION}?result=true`, {}),
    answer: { status: 202, body: { activationId: ID } },
  },
  {
    name: 'an error that the action reports is 502 with the record',
    given: [PUT(ACTION, code('function main() { return { error: { why: 1 }, other: 2 } }'))],
    when: POST(BLOCKING, {}),
    answer: {
      status: 502,
      body: { response: { status: 'application error', success: false, result: { error: { why: 1 } } } },
      headers: { 'x-openwhisk-activation-id': ID },
    },
  },
  {
    name: 'an error that the action reports is 502 with the result',
    given: [PUT(ACTION, code("function main() { return { error: 'no' } }"))],
    when: POST(RESULT, {}),
    answer: { status: 502, fields: ['error'], body: { error: 'no' } },
  },
  {
    name: 'an action that fails is 502',
    given: [PUT(ACTION, code("function main() { throw new Error('boom') }"))],
    when: POST(BLOCKING, {}),
    answer: {
      status: 502,
      body: { response: { status: 'action developer error', success: false, result: { error: ANYTHING } } },
    },
  },
  {
    name: 'an array is answered bare even without result=true',
    given: [PUT(ACTION, code('function main() { return [1, "two", { three: 3 }] }'))],
    when: POST(BLOCKING, {}),
    answer: { status: 200, body: [1, 'two', { three: 3 }], headers: { 'x-openwhisk-activation-id': ID } },
  },
  {
    name: 'when the wait is over the id is answered with 202',
    given: [PUT(ACTION, code('function main() { return new Promise((done) => setTimeout(done, 3000, {})) }'))],
    when: POST(`${BLOCKING}&timeout=50`, {}),
    answer: {
      status: 202,
      fields: ['activationId'],
      body: { activationId: ID },
      headers: { 'x-openwhisk-activation-id': ID },
    },
  },

  // arguments
  {
    name: 'arguments are laid over the parameters of the action',
    given: [
      PUT(
        ACTION,
        code(ECHO, {
          parameters: [
            { key: 'a', value: 1 },
            { key: 'b', value: 2 },
          ],
        }),
      ),
    ],
    when: POST(RESULT, { b: { deep: true }, c: 3 }),
    answer: { status: 200, fields: ['a', 'b', 'c'], body: { a: 1, b: { deep: true }, c: 3 } },
  },
  {
    name: 'a body may be missing',
    given: [PUT(ACTION, code(ECHO, { parameters: [{ key: 'a', value: 1 }] }))],
    when: POST(RESULT),
    answer: { status: 200, body: { a: 1 } },
  },
  {
    name: 'an empty body of JSON is no body',
    given: [echoAction],
    when: POST(RESULT, undefined, { headers: { 'content-type': 'application/json' } }),
    answer: { status: 200, fields: [] },
  },
  {
    name: 'an empty body of JSON in chunks is no body',
    given: [echoAction],
    when: POST(RESULT, undefined, { headers: { 'content-type': 'application/json' }, chunked: true }),
    answer: { status: 200, fields: [] },
  },
  ...(
    [
      ['JSON', { a: 1 }, false],
      ['JSON in chunks', { a: 1 }, true],
      ['nothing in chunks', undefined, true],
    ] as const
  ).map(([what, body, chunked]): ContractRow => ({
    name: `arguments without a type are 415: ${what}`,
    given: [echoAction],
    when: POST(RESULT, body, { headers: { 'content-type': null }, chunked }),
    answer: { status: 415, error: UNTYPED },
  })),
  {
    name: 'arguments may come in chunks',
    given: [echoAction],
    when: POST(RESULT, { a: 1 }, { chunked: true }),
    answer: { status: 200, body: { a: 1 } },
  },
  {
    name: 'keys of arguments are taken literally',
    given: [echoAction],
    when: POST(RESULT, '{"__proto__":{"x":1},"constructor":2}'),
    answer: { status: 200, fields: ['__proto__', 'constructor'] },
  },
  ...(
    [
      ['an array', '[1]', malformed('JSON object expected')],
      ['a text', '"a"', malformed('JSON object expected')],
      ['null', 'null', malformed('JSON object expected')],
      ['no JSON', '{"a":', /^The request content was malformed:\n.+/],
      ['very deep JSON', `{"a":${'[['.repeat(5000)}"]]"${']]'.repeat(5000)}}`, /^The request content was malformed:\n/],
    ] as const
  ).map(([what, body, error]): ContractRow => ({
    name: `arguments of ${what} are refused`,
    given: [echoAction],
    when: POST(ACTION, body),
    answer: { status: 400, error },
  })),
  {
    name: 'arguments of another type are 415',
    given: [echoAction],
    when: POST(ACTION, 'a=1', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    answer: {
      status: 415,
      error:
        "The request's Content-Type [application/x-www-form-urlencoded] is not supported. Expected:\napplication/json",
    },
  },
  {
    name: 'another type is 415 even without a body',
    given: [echoAction],
    when: POST(ACTION, undefined, { headers: { 'content-type': 'text/plain' } }),
    answer: { status: 415, error: /^The request's Content-Type \[text\/plain/ },
  },
  {
    name: 'arguments beyond their bound are 413',
    given: [echoAction],
    when: POST(ACTION, { a: 'x'.repeat(1_048_576) }),
    answer: { status: 413, error: 'Request larger than allowed: 1048584 > 1048576 bytes.' },
  },
  {
    name: 'arguments beyond their bound are 413 in chunks too',
    given: [echoAction],
    when: POST(ACTION, { a: 'x'.repeat(1_048_576) }, { chunked: true }),
    answer: { status: 413, error: 'Request larger than allowed: 1048584 > 1048576 bytes.' },
  },
  {
    name: 'arguments up to their bound are accepted',
    given: [echoAction],
    when: POST(ACTION, { a: 'x'.repeat(1_048_568) }),
    answer: { status: 202 },
  },
  {
    name: 'the size of arguments is judged before the action is looked for',
    when: POST(ACTION, { a: 'x'.repeat(1_048_576) }),
    answer: { status: 413 },
  },
  {
    name: 'a request beyond the bound of all requests is 413 in plain text',
    given: [echoAction],
    when: POST(ACTION, '', { headers: { 'content-length': String(50 * 1024 * 1024 + 1) } }),
    answer: { status: 413, headers: { 'content-type': /^text\/plain/ } },
  },

  // final parameters
  {
    name: 'a final parameter may not be given',
    given: [PUT(ACTION, code(ECHO, FINAL))],
    when: POST(ACTION, { a: 2 }),
    answer: { status: 400, error: REFUSED_FINAL },
  },
  {
    name: 'other arguments of an action with final parameters may be given',
    given: [PUT(ACTION, code(ECHO, FINAL))],
    when: POST(RESULT, { b: 2 }),
    answer: { status: 200, body: { a: 1, b: 2 } },
  },
  {
    name: 'a final parameter of null may be given',
    given: [PUT(ACTION, code(ECHO, FINAL))],
    when: POST(RESULT, { open: 2 }),
    answer: { status: 200, body: { a: 1, open: 2 } },
  },
  {
    name: 'only the boolean true makes parameters final',
    given: [PUT(ACTION, code(ECHO, { ...FINAL, annotations: [{ key: 'final', value: 'true' }] }))],
    when: POST(RESULT, { a: 2 }),
    answer: { status: 200, body: { a: 2 } },
  },

  // query
  ...(
    [
      ['blocking', 'x', "'x' is not a valid Boolean value"],
      ['result', '2', "'2' is not a valid Boolean value"],
      ['timeout', '0', 'Timeout must be number of milliseconds up to 60000.'],
      ['timeout', '60001', 'Timeout must be number of milliseconds up to 60000.'],
      ['timeout', '-1', 'Timeout must be number of milliseconds up to 60000.'],
      ['timeout', '1.5', 'Timeout must be number of milliseconds up to 60000.'],
      ['timeout', 'x', 'Timeout must be number of milliseconds up to 60000.'],
      ['timeout', '', 'Timeout must be number of milliseconds up to 60000.'],
    ] as const
  ).map(([param, value, detail]): ContractRow => ({
    name: `an invocation is refused with ${param}=${value} whether or not it blocks`,
    given: [echoAction],
    when: POST(`${ACTION}?${param}=${value}`, {}),
    answer: { status: 400, error: malformedQuery(param, detail) },
  })),
  ...['1', '60000'].map((timeout): ContractRow => ({
    name: `timeout=${timeout} is accepted`,
    given: [echoAction],
    when: POST(`${ACTION}?timeout=${timeout}`, {}),
    answer: { status: 202 },
  })),

  // what there is to invoke
  {
    name: 'a missing action cannot be invoked',
    when: POST(ACTION, {}),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'the body is read before the action is looked for',
    when: POST(ACTION, '{'),
    answer: { status: 400, error: /^The request content was malformed:\n/ },
  },
  {
    name: 'a package cannot be invoked',
    given: [{ package: '{u}' }],
    when: POST(ACTION, {}),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'an update is what runs next',
    given: [
      echoAction,
      POST(BLOCKING, {}),
      PUT(`${ACTION}?overwrite=true`, code('function main() { return { v: 2 } }')),
    ],
    when: POST(RESULT, {}),
    answer: { status: 200, body: { v: 2 } },
  },
]
