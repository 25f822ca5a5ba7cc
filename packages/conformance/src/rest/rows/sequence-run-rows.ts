import { AnyOrder, ANYTHING, type ContractRow, type RequestStep } from '../contract-row.ts'
import { ACTIONS, ACTIVATIONS, code, DELETE, ECHO, GET, malformed, NS, POST, PUT, sequence } from '../paths.ts'

const S = `${ACTIONS}/{u}s`
const BLOCKING = `${S}?blocking=true`
const RESULT = `${BLOCKING}&result=true`
const ID = /^[0-9a-f]{32}$/
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
const action = (name: string, source: string, more: object = {}): RequestStep =>
  PUT(`${ACTIONS}/${name}`, code(source, more))
const increment = action('{u}a', 'function main({ n }) { return { n: n + 1 } }')
const double = action('{u}b', 'function main({ n }) { return { n: n * 2 } }')
const failing = action('{u}f', 'function main({ n }) { return { error: { n } } }')
const echo = action('{u}e', ECHO)
const made = (...names: string[]): RequestStep => PUT(S, sequence(...names.map((name) => `/_/${name}`)))
const both = [increment, double, made('{u}a', '{u}b')]

/** What comes of invoking a sequence. */
export const sequenceRunRows: readonly ContractRow[] = [
  {
    name: 'a sequence hands the result of each component to the next',
    given: both,
    when: POST(RESULT, { n: 1 }),
    answer: { status: 200, fields: ['n'], body: { n: 4 } },
  },
  {
    name: 'a blocking sequence is answered with its record, ids of the components in its logs',
    given: both,
    when: POST(BLOCKING, { n: 1 }),
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        namespace: '{ns}',
        name: '{u}s',
        response: { status: 'success', success: true, result: { n: 4 } },
        logs: [ID, ID],
      },
      headers: { 'x-openwhisk-activation-id': ID },
    },
  },
  {
    name: 'the record of a sequence says so in its annotations',
    given: both,
    when: POST(BLOCKING, { n: 1 }),
    answer: {
      status: 200,
      body: {
        annotations: new AnyOrder([
          { key: 'topmost', value: true },
          { key: 'path', value: '{ns}/{u}s' },
          { key: 'kind', value: 'sequence' },
          { key: 'waitTime', value: ANYTHING },
          { key: 'limits', value: { timeout: 60000, memory: 256, logs: 10 } },
        ]),
      },
    },
  },
  {
    name: 'the limits in the record of a sequence have the memory of its largest component',
    given: [
      increment,
      action('{u}b', ECHO, { limits: { memory: 384 } }),
      PUT(S, { ...sequence('/_/{u}a', '/_/{u}b'), limits: { memory: 128, timeout: 30000 } }),
    ],
    when: POST(BLOCKING, { n: 1 }),
    answer: {
      status: 200,
      body: {
        annotations: new AnyOrder([
          { key: 'limits', value: { memory: 384, timeout: 30000 } },
          ANYTHING,
          ANYTHING,
          ANYTHING,
          ANYTHING,
        ]),
      },
    },
  },
  {
    name: 'the stored record of a sequence is the one that was answered',
    given: [...both, POST(BLOCKING, { n: 1 })],
    when: GET(`${ACTIVATIONS}/{id}`, { until: 200 }),
    answer: { status: 200, fields: FIELDS, body: { logs: [ID, ID], response: { result: { n: 4 } } } },
  },
  {
    name: 'a sequence that nobody waits for is accepted with its id',
    given: both,
    when: POST(S, { n: 1 }),
    answer: { status: 202, fields: ['activationId'], body: { activationId: ID } },
  },
  {
    name: 'a sequence that nobody waits for leaves a record',
    given: [...both, POST(S, { n: 3 })],
    when: GET(`${ACTIVATIONS}/{id}`, { until: 200 }),
    answer: { status: 200, body: { name: '{u}s', response: { result: { n: 8 } } } },
  },
  {
    name: 'when the wait for a sequence is over its own id is answered with 202',
    given: [
      action('{u}slow', 'function main() { return new Promise((done) => setTimeout(done, 1000, {})) }'),
      made('{u}slow'),
    ],
    when: POST(`${BLOCKING}&timeout=50`, {}),
    answer: { status: 202, fields: ['activationId'], headers: { 'x-openwhisk-activation-id': ID } },
  },
  {
    name: 'a component that fails ends the sequence with its error',
    given: [increment, failing, double, made('{u}a', '{u}f', '{u}b')],
    when: POST(BLOCKING, { n: 1 }),
    answer: {
      status: 502,
      body: {
        response: { status: 'application error', success: false, result: { error: { n: 2 } } },
        logs: [ID, ID],
      },
    },
  },
  {
    name: 'a component that throws ends the sequence as its own failure',
    given: [action('{u}x', "function main() { throw new Error('boom') }"), double, made('{u}x', '{u}b')],
    when: POST(BLOCKING, {}),
    answer: { status: 502, body: { response: { status: 'action developer error', success: false }, logs: [ID] } },
  },
  {
    name: 'an error in the arguments of a sequence ends nothing',
    given: [increment, made('{u}a')],
    when: POST(RESULT, { error: 'given', n: 1 }),
    answer: { status: 200, body: { n: 2 } },
  },
  {
    name: 'an array passes through a sequence',
    given: [action('{u}l', 'function main() { return [1, "two"] }'), made('{u}l')],
    when: POST(BLOCKING, {}),
    answer: { status: 200, body: [1, 'two'] },
  },
  {
    name: 'parameters of components lie under what is handed to them',
    given: [
      action('{u}e', ECHO, {
        parameters: [
          { key: 'own', value: 1 },
          { key: 'n', value: 'mine' },
        ],
      }),
      made('{u}e'),
    ],
    when: POST(RESULT, { n: 2 }),
    answer: { status: 200, fields: ['own', 'n'], body: { own: 1, n: 2 } },
  },
  {
    name: 'parameters of the package of a sequence are not handed to its components',
    given: [
      echo,
      { package: '{u}p', parameters: [{ key: 'p', value: 1 }] },
      PUT(`${ACTIONS}/{u}p/s`, sequence('/_/{u}e')),
    ],
    when: POST(`${ACTIONS}/{u}p/s?blocking=true&result=true`, { n: 1 }),
    answer: { status: 200, fields: ['n'] },
  },
  {
    name: 'a sequence in a sequence counts as one component',
    given: [...both, PUT(`${ACTIONS}/{u}o`, sequence('/_/{u}s', '/_/{u}a'))],
    when: POST(`${ACTIONS}/{u}o?blocking=true`, { n: 1 }),
    answer: { status: 200, body: { response: { result: { n: 5 } }, logs: [ID, ID] } },
  },
  {
    name: 'the record of a component names its cause',
    given: [...both, POST(BLOCKING, { n: 1 })],
    when: GET(`${ACTIVATIONS}?name={u}a&docs=true`, { untilItems: 1 }),
    answer: { status: 200, body: [{ cause: '{id}', name: '{u}a' }] },
  },
  {
    name: 'the record of an inner sequence is not topmost and says what caused it',
    given: [...both, PUT(`${ACTIONS}/{u}o`, sequence('/_/{u}s')), POST(`${ACTIONS}/{u}o?blocking=true`, { n: 1 })],
    when: GET(`${ACTIVATIONS}?name={u}s&docs=true`, { untilItems: 1 }),
    answer: {
      status: 200,
      body: [
        {
          cause: '{id}',
          annotations: new AnyOrder([
            { key: 'topmost', value: false },
            { key: 'path' },
            { key: 'kind', value: 'sequence' },
            { key: 'causedBy', value: 'sequence' },
            { key: 'waitTime' },
            { key: 'limits' },
          ]),
        },
      ],
    },
  },
  {
    name: 'a component that has vanished ends the sequence with an application error',
    given: [...both, DELETE(`${ACTIONS}/{u}b`)],
    when: POST(BLOCKING, { n: 1 }),
    answer: {
      status: 502,
      body: { response: { status: 'application error', result: { error: 'Sequence component does not exist.' } } },
    },
  },
  {
    name: 'components run as they are now',
    given: [...both, PUT(`${ACTIONS}/{u}b?overwrite=true`, code('function main({ n }) { return { n: -n } }'))],
    when: POST(RESULT, { n: 1 }),
    answer: { status: 200, body: { n: -2 } },
  },
  {
    name: 'components may be reached through a binding',
    given: [
      { package: '{u}p' },
      { package: '{u}q', parameters: [{ key: 'bound', value: true }], binding: { namespace: '{ns}', name: '{u}p' } },
      PUT(`${ACTIONS}/{u}p/e`, code(ECHO)),
      PUT(S, sequence('/_/{u}q/e')),
    ],
    when: POST(RESULT, { n: 1 }),
    answer: { status: 200, fields: ['bound', 'n'] },
  },
  {
    name: 'the arguments of a sequence must be an object',
    given: both,
    when: POST(S, [1]),
    answer: { status: 400, error: malformed('JSON object expected') },
  },
  {
    name: 'a sequence in a listing is not binary',
    given: [echo, { package: '{u}p' }, PUT(`${ACTIONS}/{u}p/s`, sequence('/_/{u}e'))],
    when: GET(`${ACTIONS}/{u}p/`),
    answer: { status: 200, body: [{ name: 's', exec: { binary: false, kind: undefined } }] },
  },
  {
    name: 'a sequence may be exported to the web',
    given: [echo, PUT(S, { ...sequence('/_/{u}e'), annotations: [{ key: 'web-export', value: true }] })],
    when: GET('/api/v1/web/{ns}/default/{u}s.json?n=1', { as: 'nobody' }),
    answer: { status: 200, body: { n: '1', __ow_method: 'get' } },
  },
  {
    name: 'a rule may invoke a sequence',
    given: [
      ...both,
      PUT(`${NS}/triggers/{u}t`, {}),
      PUT(`${NS}/rules/{u}r`, { trigger: '/_/{u}t', action: '/_/{u}s' }),
      POST(`${NS}/triggers/{u}t`, { n: 1 }),
    ],
    when: GET(`${ACTIVATIONS}?name={u}s&docs=true`, { untilItems: 1 }),
    answer: { status: 200, body: [{ response: { result: { n: 4 } }, cause: undefined }] },
  },
]
