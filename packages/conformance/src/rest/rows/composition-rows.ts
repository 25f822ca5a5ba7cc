import { AnyOrder, ANYTHING, type ContractRow, type RequestStep } from '../contract-row.ts'
import { ACTION, ACTIONS, ACTIVATIONS, code, ECHO, GET, POST, PUT, sequence } from '../paths.ts'

const BLOCKING = `${ACTION}?blocking=true`
const RESULT = `${BLOCKING}&result=true`
const ID = /^[0-9a-f]{32}$/
const echo = PUT(`${ACTIONS}/{u}e`, code(ECHO))
const failing = PUT(`${ACTIONS}/{u}f`, code("function main() { return { error: 'no' } }"))

/** Makes the row's action a conductor whose `main` has this body. */
function conductor(body: string, annotation: unknown = true, more: object = {}): RequestStep {
  return PUT(
    ACTION,
    code(`function main(args) { ${body} }`, { ...more, annotations: [{ key: 'conductor', value: annotation }] }),
  )
}

/** A conductor that asks once for what it is told to ask for, and then ends with what it was given. */
const once = (asked: string): RequestStep =>
  conductor(`if (args.done) return { params: args }; return { ...(${asked}), state: { done: true } }`)

/** A conductor that asks for an action of this name, given as JSON, and ends with the error that comes of it. */
const catching = (name: string): RequestStep =>
  conductor(`return args.error === undefined ? { action: ${name} } : { params: { caught: args.error } }`)

const notParsed = (json: string): string => `Failed to parse action name from json value ${json} during composition.`

/** Actions that are told what to run by a conductor. */
export const compositionRows: readonly ContractRow[] = [
  // ends
  {
    name: 'a conductor that asks for nothing ends with its params',
    given: [conductor('return { params: { n: args.n }, other: 1 }')],
    when: POST(RESULT, { n: 1 }),
    answer: { status: 200, fields: ['n'], body: { n: 1 } },
  },
  {
    name: 'a conductor without params ends with its whole result',
    given: [conductor('return { n: args.n, other: 1 }')],
    when: POST(RESULT, { n: 1 }),
    answer: { status: 200, fields: ['n', 'other'] },
  },
  {
    name: 'params that are no object are boxed when a composition ends',
    given: [conductor('return { params: 7 }')],
    when: POST(RESULT, {}),
    answer: { status: 200, fields: ['value'], body: { value: 7 } },
  },
  {
    name: 'an error of the conductor ends the composition with it',
    given: [conductor("return { error: 'no' }")],
    when: POST(BLOCKING, {}),
    answer: { status: 502, body: { response: { status: 'application error', result: { error: 'no' } } } },
  },

  // steps
  {
    name: 'an action that the conductor asks for is run with its params, and its result comes back',
    given: [
      PUT(`${ACTIONS}/{u}e`, code('function main({ n }) { return { n: n + 1 } }')),
      once("{ action: '{u}e', params: { n: args.n } }"),
    ],
    when: POST(RESULT, { n: 1 }),
    answer: { status: 200, body: { n: 2 } },
  },
  {
    name: 'the state of the conductor comes back laid over the result',
    given: [
      echo,
      conductor(
        "return args.step ? { params: args } : { action: '{u}e', params: { a: 1, step: 'component' }, state: { step: 'state' } }",
      ),
    ],
    when: POST(RESULT, {}),
    answer: { status: 200, body: { a: 1, step: 'state' } },
  },
  {
    name: 'a state that is no object is boxed',
    given: [
      echo,
      conductor("return args.state ? { params: args } : { action: '{u}e', params: { a: 1 }, state: 'mine' }"),
    ],
    when: POST(RESULT, {}),
    answer: { status: 200, body: { a: 1, state: 'mine' } },
  },
  {
    name: 'params that are no object are boxed for the component',
    given: [echo, once("{ action: '{u}e', params: [1, 2] }")],
    when: POST(RESULT, {}),
    answer: { status: 200, body: { value: [1, 2] } },
  },
  {
    name: 'without params a component has its own parameters only',
    given: [PUT(`${ACTIONS}/{u}e`, code(ECHO, { parameters: [{ key: 'own', value: 1 }] })), once("{ action: '{u}e' }")],
    when: POST(RESULT, { n: 1 }),
    answer: { status: 200, fields: ['own', 'done'], body: { own: 1 } },
  },
  {
    name: 'an error of a component is handed to the conductor',
    given: [failing, catching("'{u}f'")],
    when: POST(RESULT, {}),
    answer: { status: 200, body: { caught: 'no' } },
  },
  ...["'/_/{u}e'", "'/{ns}/{u}e'", "'{u}e'"].map((name): ContractRow => ({
    name: `a conductor may ask for ${name}`,
    given: [echo, once(`{ action: ${name}, params: { n: 1 } }`)],
    when: POST(RESULT, {}),
    answer: { status: 200, body: { n: 1 } },
  })),
  ...["'{u}p/e'", "'/_/{u}p/e'", "'{ns}/{u}p/e'"].map((name): ContractRow => ({
    name: `a conductor may ask for ${name} in a package`,
    given: [{ package: '{u}p' }, PUT(`${ACTIONS}/{u}p/e`, code(ECHO)), once(`{ action: ${name}, params: { n: 1 } }`)],
    when: POST(RESULT, {}),
    answer: { status: 200, body: { n: 1 } },
  })),

  // what cannot be run
  ...(
    [
      ['7', '7'],
      ['true', 'true'],
      ['{ a: [1] }', '{"a":[1]}'],
      ["'/{u}e'", '"/{u}e"'],
      ["'/a/b/c/d'", '"/a/b/c/d"'],
      ["'a$'", '"a$"'],
      ["''", '""'],
    ] as const
  ).map(([name, json]): ContractRow => ({
    name: `a conductor that asks for ${name} is told that this is no name`,
    given: [catching(name)],
    when: POST(RESULT, {}),
    answer: { status: 200, body: { caught: notParsed(json) } },
  })),
  {
    name: 'a conductor that asks for a missing action is told so',
    given: [catching("'{u}none'")],
    when: POST(RESULT, {}),
    answer: {
      status: 200,
      body: { caught: "Failed to resolve action with name '{ns}/{u}none' during composition." },
    },
  },
  {
    name: "a conductor that asks for somebody else's action is told that it may not",
    given: [catching("'/{other}/{u}e'")],
    when: POST(RESULT, {}),
    answer: {
      status: 200,
      body: { caught: "Failed entitlement check for action with name '{other}/{u}e' during composition." },
    },
  },
  {
    name: 'a conductor that asks for an action in a missing package is told that it may not',
    given: [catching("'{u}none/e'")],
    when: POST(RESULT, {}),
    answer: {
      status: 200,
      body: { caught: "Failed entitlement check for action with name '{ns}/{u}none/e' during composition." },
    },
  },
  {
    name: 'a conductor that asks for more than fifty components is told so',
    given: [
      echo,
      conductor("return args.error ? { params: { caught: args.error } } : { action: '{u}e', params: { n: args.n } }"),
    ],
    when: POST(RESULT, { n: 1 }),
    answer: { status: 200, body: { caught: 'Too many actions in the composition.' } },
  },
  {
    name: 'a conductor that does not end when told to is ended',
    given: [echo, conductor("return { action: '{u}e' }")],
    when: POST(BLOCKING, {}),
    answer: {
      status: 502,
      body: { response: { status: 'application error', result: { error: 'Too many actions in the composition.' } } },
    },
  },

  // records
  {
    name: 'the record of a composition lists conductor and components in turn',
    given: [echo, once("{ action: '{u}e' }")],
    when: POST(BLOCKING, {}),
    answer: { status: 200, body: { name: '{u}', logs: [ID, ID, ID], cause: undefined } },
  },
  {
    name: 'the record of a composition says so in its annotations',
    given: [echo, once("{ action: '{u}e' }")],
    when: POST(BLOCKING, {}),
    answer: {
      status: 200,
      body: {
        annotations: new AnyOrder([
          { key: 'topmost', value: true },
          { key: 'path', value: '{ns}/{u}' },
          { key: 'kind', value: 'sequence' },
          { key: 'conductor', value: true },
          { key: 'waitTime', value: ANYTHING },
          { key: 'limits', value: { memory: 256 } },
        ]),
      },
    },
  },
  {
    name: 'a sequence in a composition counts as one component',
    given: [echo, PUT(`${ACTIONS}/{u}s`, sequence('/_/{u}e', '/_/{u}e')), once("{ action: '{u}s', params: { n: 1 } }")],
    when: POST(BLOCKING, {}),
    answer: { status: 200, body: { response: { result: { n: 1 } }, logs: [ID, ID, ID] } },
  },
  {
    name: 'a composition in a sequence is one component',
    given: [echo, once("{ action: '{u}e', params: args }"), PUT(`${ACTIONS}/{u}s`, sequence('/_/{u}', '/_/{u}e'))],
    when: POST(`${ACTIONS}/{u}s?blocking=true`, { n: 1 }),
    answer: { status: 200, body: { response: { result: { n: 1 } }, logs: [ID, ID] } },
  },
  {
    name: 'the record of a component of a composition names its cause',
    given: [echo, once("{ action: '{u}e' }"), POST(BLOCKING, {})],
    when: GET(`${ACTIVATIONS}?name={u}e&docs=true`, { untilItems: 1 }),
    answer: { status: 200, body: [{ cause: '{id}' }] },
  },
  {
    name: 'a composition that nobody waits for is accepted with its id',
    given: [echo, once("{ action: '{u}e' }")],
    when: POST(ACTION, {}),
    answer: { status: 202, fields: ['activationId'], body: { activationId: ID } },
  },
  {
    name: 'a composition that nobody waits for leaves a record',
    given: [echo, once("{ action: '{u}e', params: { n: 1 } }"), POST(ACTION, {})],
    when: GET(`${ACTIVATIONS}/{id}`, { until: 200 }),
    answer: { status: 200, body: { logs: [ID, ID, ID], response: { result: { n: 1 } } } },
  },
  {
    name: 'a composition is charged once, whatever it runs',
    needs: { limits: { invocationsPerMinute: 1 } },
    given: [echo, once("{ action: '{u}e', params: { n: 1 } }")],
    when: POST(RESULT, {}),
    answer: { status: 200, body: { n: 1 } },
  },

  // who is a conductor
  ...[1, 'yes', {}, []].map((value): ContractRow => ({
    name: `conductor ${JSON.stringify(value)} makes a conductor`,
    given: [conductor('return { params: { n: 1 } }', value)],
    when: POST(RESULT, {}),
    answer: { status: 200, fields: ['n'] },
  })),
  ...[false, 0, '', null].map((value): ContractRow => ({
    name: `conductor ${JSON.stringify(value)} makes none`,
    given: [conductor("return { params: { n: 1 }, action: 'x' }", value)],
    when: POST(RESULT, {}),
    answer: { status: 200, fields: ['params', 'action'] },
  })),
  {
    name: 'a sequence is no conductor whatever it is annotated with',
    given: [
      PUT(`${ACTIONS}/{u}c`, code("function main() { return { params: { n: 1 }, action: 'x' } }")),
      PUT(ACTION, { ...sequence('/_/{u}c'), annotations: [{ key: 'conductor', value: true }] }),
    ],
    when: POST(RESULT, {}),
    answer: { status: 200, fields: ['params', 'action'] },
  },
]
