import { JsonInText, type ContractRow, type RequestStep, type RowNeeds } from '../contract-row.ts'
import {
  ACTION,
  ACTIONS,
  ACTIVATIONS,
  API,
  code,
  DELETE,
  ECHO,
  echoAction,
  ERRORS,
  GET,
  NS,
  POST,
  PUT,
  sequence,
} from '../paths.ts'

const TRIGGER = `${NS}/triggers/{u}t`
const RULE = `${NS}/rules/{u}r`
const tooMany = (count: number | string, allowed: number): string =>
  `Too many requests in the last minute (count: ${count}, allowed: ${allowed}).`
const inFlight = (allowed: number): string =>
  `Too many concurrent requests in flight (count: ${allowed}, allowed: ${allowed}).`
const rate = (limit: number): RowNeeds => ({ limits: { invocationsPerMinute: limit } })
const fires = (limit: number): RowNeeds => ({ limits: { firesPerMinute: limit } })
const concurrent = (limit: number): RowNeeds => ({ limits: { concurrentInvocations: limit } })
const slow = PUT(ACTION, code('function main() { return new Promise((done) => setTimeout(done, 2000, {})) }'))
const echo = (name: string): RequestStep => PUT(`${ACTIONS}/${name}`, code(ECHO))

/** How often and how many at once. The minute may end within a row, so that what adds up is asked for until it does. */
export const throttleRows: readonly ContractRow[] = [
  // invocations in a minute
  {
    name: 'invocations beyond the rate are 429',
    needs: rate(2),
    given: [echoAction],
    when: POST(ACTION, {}, { until: 429 }),
    answer: { status: 429, error: /^Too many requests in the last minute \(count: \d+, allowed: 2\)\.$/ },
  },
  {
    name: 'invocations up to the rate are accepted',
    needs: rate(2),
    given: [echoAction, POST(ACTION, {})],
    when: POST(ACTION, {}),
    answer: { status: 202 },
  },
  {
    name: 'a rate of 0 refuses every invocation',
    needs: rate(0),
    given: [echoAction],
    when: POST(ACTION, {}),
    answer: { status: 429, error: tooMany(1, 0), headers: { 'x-openwhisk-activation-id': null } },
  },
  {
    name: 'refused invocations count too',
    needs: rate(0),
    given: [POST(ACTION, {}, { expected: 429 }), POST(ACTION, {}, { expected: 429 })],
    when: POST(ACTION, {}),
    answer: { status: 429, error: tooMany(3, 0) },
  },
  {
    name: 'the rate is judged before it is known whether the action exists',
    needs: rate(0),
    when: POST(ACTION, {}),
    answer: { status: 429, error: tooMany(1, 0) },
  },
  {
    name: 'the rate is judged before the right to invoke',
    needs: rate(0),
    when: POST(`${API}/namespaces/{other}/actions/{u}`, {}),
    answer: { status: 429, error: tooMany(1, 0) },
  },
  {
    name: 'the rate is judged before the body is read',
    needs: rate(0),
    when: POST(ACTION, '{'),
    answer: { status: 429, error: tooMany(1, 0) },
  },
  {
    name: 'the rate is judged after the name',
    needs: rate(0),
    when: POST(`${ACTIONS}/a%24`, {}),
    answer: { status: 400, error: ERRORS.nameIllegal },
  },
  {
    name: 'a blocking invocation is throttled like any other',
    needs: rate(0),
    when: POST(`${ACTION}?blocking=true`, {}),
    answer: { status: 429, error: tooMany(1, 0) },
  },
  {
    name: 'the rate of invocations does not concern writing',
    needs: rate(0),
    when: echoAction,
    answer: { status: 200 },
  },
  {
    name: 'the rate of invocations does not concern reading',
    needs: rate(0),
    given: [echoAction],
    when: GET(ACTION),
    answer: { status: 200 },
  },
  {
    name: 'the rate of invocations does not concern deleting',
    needs: rate(0),
    given: [echoAction],
    when: DELETE(ACTION),
    answer: { status: 200 },
  },
  {
    name: 'a sequence is charged once, whatever its components',
    needs: rate(1),
    given: [echo('{u}a'), PUT(ACTION, sequence('/_/{u}a', '/_/{u}a', '/_/{u}a'))],
    when: POST(`${ACTION}?blocking=true&result=true`, { n: 1 }),
    answer: { status: 200, body: { n: 1 } },
  },
  {
    name: 'a web action is charged to its owner, who gets no CORS headers then',
    needs: rate(0),
    given: [PUT(ACTION, code(ECHO, { annotations: [{ key: 'web-export', value: true }] }))],
    when: GET('/api/v1/web/{ns}/default/{u}.json', { as: 'nobody' }),
    answer: { status: 429, prettyError: tooMany(1, 0), headers: { 'access-control-allow-origin': null } },
  },

  // invocations at once
  {
    name: 'invocations beyond those allowed at once are 429',
    needs: concurrent(1),
    given: [slow, POST(ACTION, {})],
    when: POST(ACTION, {}),
    answer: { status: 429, error: inFlight(1) },
  },
  {
    name: 'none allowed at once refuses every invocation',
    needs: concurrent(0),
    given: [echoAction],
    when: POST(ACTION, {}),
    answer: { status: 429, error: inFlight(0) },
  },
  {
    name: 'an invocation that is over makes room for the next',
    needs: concurrent(1),
    given: [echoAction, POST(`${ACTION}?blocking=true`, {})],
    when: POST(`${ACTION}?blocking=true&result=true`, { n: 2 }, { until: 200 }),
    answer: { status: 200, body: { n: 2 } },
  },
  {
    name: 'the rate is judged before how many there are at once',
    needs: { limits: { invocationsPerMinute: 0, concurrentInvocations: 0 } },
    given: [echoAction],
    when: POST(ACTION, {}),
    answer: { status: 429, error: tooMany(1, 0) },
  },
  {
    name: 'how many there are at once is judged before it is known whether the action exists',
    needs: concurrent(0),
    when: POST(ACTION, {}),
    answer: { status: 429, error: inFlight(0) },
  },

  // fires in a minute
  {
    name: 'fires beyond their rate are 429',
    needs: fires(1),
    given: [PUT(TRIGGER, {})],
    when: POST(TRIGGER, {}, { until: 429 }),
    answer: { status: 429, error: /^Too many requests in the last minute \(count: \d+, allowed: 1\)\.$/ },
  },
  {
    name: 'a rate of 0 refuses every fire',
    needs: fires(0),
    given: [PUT(TRIGGER, {})],
    when: POST(TRIGGER, {}),
    answer: { status: 429, error: tooMany(1, 0) },
  },
  {
    name: 'the rate of fires is judged before it is known whether the trigger exists',
    needs: fires(0),
    when: POST(TRIGGER, {}),
    answer: { status: 429, error: tooMany(1, 0) },
  },
  {
    name: 'fires are counted apart from invocations',
    needs: rate(0),
    given: [PUT(TRIGGER, {})],
    when: POST(TRIGGER, {}),
    answer: { status: 204 },
  },
  {
    name: 'invocations are counted apart from fires',
    needs: fires(0),
    given: [echoAction],
    when: POST(ACTION, {}),
    answer: { status: 202 },
  },
  {
    name: 'fires do not count among what runs at once',
    needs: concurrent(0),
    given: [PUT(TRIGGER, {})],
    when: POST(TRIGGER, {}),
    answer: { status: 204 },
  },
  {
    name: 'what a rule invokes is charged as an invocation',
    needs: rate(0),
    given: [echoAction, PUT(TRIGGER, {}), PUT(RULE, { trigger: '/_/{u}t', action: '/_/{u}' }), POST(TRIGGER, {})],
    when: GET(`${ACTIVATIONS}/{id}/logs`, { until: 200 }),
    answer: {
      status: 200,
      body: {
        logs: [new JsonInText({ statusCode: 1, success: false, error: /^Too many requests in the last/ })],
      },
    },
  },

  // the limits themselves
  {
    name: 'limits of 0 are shown',
    needs: { limits: { invocationsPerMinute: 0, concurrentInvocations: 0, firesPerMinute: 0 } },
    when: GET(`${NS}/limits`),
    answer: { status: 200, body: { invocationsPerMinute: 0, concurrentInvocations: 0, firesPerMinute: 0 } },
  },
  {
    name: 'a sequence with components of strangers names each that is forbidden, sorted',
    when: PUT(ACTION, sequence('/{other}/{u}z', '/{other}/{u}a')),
    answer: {
      status: 403,
      error: "The supplied authentication is not authorized to access '{other}/{u}a, {other}/{u}z'.",
    },
  },
]
