import { ANYTHING, type ContractRow } from '../../contract/contract-row.ts'
import {
  ACTION,
  ACTIONS,
  API,
  code,
  ECHO,
  echoAction,
  ERRORS,
  GET,
  malformed,
  NS,
  POST,
  PUT,
} from '../../contract/paths.ts'

const exec = (fields: object): object => ({ exec: fields })
const sequence = (...components: string[]): object => exec({ kind: 'sequence', components })
const KINDS = "Valid values are: 'nodejs:18', 'nodejs:20', 'nodejs:6', 'java:8', 'shell:1'."

/** Facts of the manifest, the build and the options that the test controller has. */
export const deploymentRows: readonly ContractRow[] = [
  {
    name: 'a runtime is shown with its full image name and exactly six fields',
    when: GET('/'),
    answer: {
      status: 200,
      body: {
        runtimes: {
          nodejs: [
            ANYTHING,
            {
              kind: 'nodejs:20',
              image: 'r.io/p/node20:t',
              deprecated: false,
              default: true,
              attached: true,
              requireMain: false,
            },
            { kind: 'nodejs:6', image: 'node6', deprecated: true, default: false, attached: true, requireMain: false },
          ],
          java: [
            { kind: 'java:8', image: 'java8', deprecated: false, default: true, attached: true, requireMain: true },
          ],
        },
      },
    },
  },
  { name: 'the build is shown', when: GET(API), answer: { status: 200, body: { build: 'today', buildno: '7' } } },
  {
    name: 'limits of the platform are shown where a namespace has none',
    when: GET(`${NS}/limits`),
    answer: {
      status: 200,
      fields: [
        'invocationsPerMinute',
        'concurrentInvocations',
        'firesPerMinute',
        'minActionMemory',
        'maxActionMemory',
        'minActionLogs',
        'maxActionLogs',
        'minActionTimeout',
        'maxActionTimeout',
        'minActionConcurrency',
        'maxActionConcurrency',
        'maxParameterSize',
        'maxActionInstances',
      ],
      body: { invocationsPerMinute: 1_000_000, firesPerMinute: 60, maxActionInstances: 1000 },
    },
  },
  ...['packages', 'triggers', 'rules'].map((collection): ContractRow => ({
    name: `${collection} need credentials`,
    when: GET(`${NS}/${collection}`, { as: 'nobody' }),
    answer: { status: 401, error: ERRORS.noCredentials },
  })),
  {
    name: 'the kinds there are are listed to who asks for another',
    when: PUT(ACTION, exec({ kind: 'Cobol:1', code: 'x' })),
    answer: {
      status: 400,
      error: malformed(`The specified runtime 'cobol:1' is not supported by this platform. ${KINDS}`),
    },
  },
  ...[undefined, 1, { a: 1 }].map((bad): ContractRow => ({
    name: `a kind whose code is kept inline wants a text, not ${JSON.stringify(bad)}`,
    when: PUT(ACTION, exec({ kind: 'shell:1', code: bad })),
    answer: { status: 400, error: malformed("'code' must be a string defined in 'exec' for 'shell:1' actions") },
  })),
  {
    name: 'a retired kind cannot be used for a new action',
    when: PUT(ACTION, exec({ kind: 'nodejs:6', code: ECHO })),
    answer: {
      status: 400,
      error:
        "The 'nodejs:6' runtime is no longer supported. You may read and delete but not update or invoke this action.",
    },
  },
  {
    name: 'an action is not updated to a retired kind',
    given: [echoAction],
    when: PUT(`${ACTION}?overwrite=true`, exec({ kind: 'nodejs:6', code: ECHO })),
    answer: { status: 400, error: /^The 'nodejs:6' runtime is no longer supported/ },
  },
  {
    name: 'a share of a core may be asked for',
    given: [
      PUT(ACTION, code(ECHO, { limits: { cpu: 0.5 } })),
      PUT(`${ACTION}?overwrite=true`, { limits: { memory: 128 } }),
    ],
    when: GET(ACTION),
    answer: { status: 200, body: { limits: { cpu: 0.5, memory: 128 } } },
  },
  {
    name: 'the share of a core is a number',
    when: PUT(ACTION, code(ECHO, { limits: { cpu: '1' } })),
    answer: { status: 400, error: malformed('cpu limit malformed') },
  },
  {
    name: 'the share of a core has an upper bound',
    when: PUT(ACTION, code(ECHO, { limits: { cpu: 65 } })),
    answer: { status: 400, error: 'requirement failed: cpu 65 exceeds allowed threshold of 64' },
  },
  {
    name: 'the share of a core has a lower bound',
    when: PUT(ACTION, code(ECHO, { limits: { cpu: 0 } })),
    answer: { status: 400, error: 'requirement failed: cpu 0 below allowed threshold of 0.01' },
  },
  {
    name: 'without a source of their states there are no paths about invokers',
    when: GET('/invokers', { as: 'nobody' }),
    answer: { status: 405, headers: { allow: 'OPTIONS' } },
  },
]

/** With limits of the namespace's own. */
export const ownLimitsRows: readonly ContractRow[] = [
  {
    name: 'own limits are shown, but none beyond those of the platform',
    when: GET(`${NS}/limits`),
    answer: {
      status: 200,
      body: {
        invocationsPerMinute: 500,
        allowedKinds: ['nodejs:20', 'sequence'],
        storeActivations: false,
        minActionMemory: 200,
        maxActionMemory: 300,
        maxActionTimeout: 300000,
        maxParameterSize: '1024 B',
        maxPayloadSize: '2 KB',
        maxActionInstances: 7,
      },
    },
  },
  {
    name: 'own memory limits bind',
    when: PUT(ACTION, code(ECHO, { limits: { memory: 301 } })),
    answer: { status: 400, error: 'requirement failed: memory size 301 MB exceeds allowed threshold of 300 MB' },
  },
  {
    name: 'an own limit beyond the platform does not bind',
    when: PUT(ACTION, code(ECHO, { limits: { timeout: 300_001 } })),
    answer: { status: 400, error: /exceeds allowed threshold of 300000 milliseconds$/ },
  },
  {
    name: 'the own number of instances binds',
    when: PUT(ACTION, code(ECHO, { limits: { instances: 8 } })),
    answer: { status: 400, error: 'Max action instance concurrency must not exceed your namespace concurrency of 7.' },
  },
  {
    name: 'the own size of parameters binds',
    when: PUT(ACTION, code(ECHO, { parameters: [{ key: 'k', value: 'v'.repeat(1024) }] })),
    answer: { status: 413, error: 'parameters larger than allowed: 1027 > 1024 bytes.' },
  },
  {
    name: 'the own size of arguments binds',
    when: POST(ACTION, { a: 'x'.repeat(2048) }),
    answer: { status: 413, error: 'Request larger than allowed: 2056 > 2048 bytes.' },
  },
  {
    name: 'a kind that the namespace may not have is 403',
    when: PUT(ACTION, exec({ kind: 'java:8', code: 'abcd', main: 'M' })),
    answer: {
      status: 403,
      error: "The supplied authentication is not authorized to access actions of kind 'java:8'.",
    },
  },
  {
    name: 'a kind that everybody may have is allowed besides the own ones',
    when: PUT(ACTION, exec({ kind: 'shell:1', code: 'x' })),
    answer: { status: 200 },
  },
  {
    name: 'an update that does not touch exec is not asked for its kind',
    given: [echoAction],
    when: PUT(`${ACTION}?overwrite=true`, { publish: true }),
    answer: { status: 200 },
  },
]

const A = `${ACTIONS}/{u}a`
const B = `${ACTIONS}/{u}b`
const S = `${ACTIONS}/{u}s`
const two = [PUT(A, code(ECHO)), PUT(B, code(ECHO))]

/** What a sequence may be made of. */
export const sequenceRows: readonly ContractRow[] = [
  {
    name: 'a sequence shows its components with their namespace, and as its parameter',
    given: two,
    when: PUT(S, { ...sequence('/_/{u}a', '/{ns}/{u}b'), parameters: [{ key: 'dropped', value: 1 }] }),
    answer: {
      status: 200,
      body: {
        exec: { kind: 'sequence', components: ['/{ns}/{u}a', '/{ns}/{u}b'], binary: undefined },
        parameters: [{ key: '_actions', value: ['/{ns}/{u}a', '/{ns}/{u}b'] }],
        annotations: [ANYTHING, { key: 'exec', value: 'sequence' }],
      },
    },
  },
  ...(
    [
      ['without components', exec({ kind: 'sequence' }), malformed("'components' must be defined for sequence kind")],
      [
        'whose components are no array',
        exec({ kind: 'sequence', components: 'a' }),
        malformed("'components' must be an array"),
      ],
      ['of no components', sequence(), 'No component specified for the sequence.'],
      [
        'of a component without a namespace',
        sequence('a'),
        malformed(
          'requirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.',
        ),
      ],
      ['of a component that does not exist', sequence('/_/{u}none'), 'Sequence component does not exist.'],
      ['of itself', sequence('/_/{u}s'), 'Sequence may not refer to itself.'],
      [
        'of more than fifty',
        sequence(...Array.from({ length: 51 }, () => '/_/{u}a')),
        'Too many actions in the sequence.',
      ],
    ] as const
  ).map(([what, body, error]): ContractRow => ({
    name: `a sequence ${what} is refused`,
    given: two,
    when: PUT(S, body),
    answer: { status: 400, error },
  })),
  {
    name: 'a sequence of fifty is accepted',
    given: two,
    when: PUT(S, sequence(...Array.from({ length: 50 }, () => '/_/{u}a'))),
    answer: { status: 200 },
  },
  {
    name: 'nested sequences are counted by their atomic actions',
    given: [
      ...two,
      PUT(B, sequence(...Array.from({ length: 26 }, () => '/_/{u}a')), { expected: 409 }),
      PUT(`${B}?overwrite=true`, sequence(...Array.from({ length: 26 }, () => '/_/{u}a'))),
    ],
    when: PUT(S, sequence('/_/{u}b', '/_/{u}b')),
    answer: { status: 400, error: 'Too many actions in the sequence.' },
  },
  {
    name: 'a sequence that leads back to itself through another is refused',
    given: [...two, PUT(S, sequence('/_/{u}a')), PUT(`${B}?overwrite=true`, sequence('/_/{u}s'))],
    when: PUT(`${S}?overwrite=true`, sequence('/_/{u}b')),
    answer: { status: 400, error: 'Sequence may not refer to itself.' },
  },
  {
    name: 'a component in a foreign namespace is forbidden',
    when: PUT(S, sequence('/{other}/{u}a')),
    answer: { status: 403, error: "The supplied authentication is not authorized to access '{other}/{u}a'." },
  },
  {
    name: 'parameters given to a sequence without exec are dropped',
    given: [...two, PUT(S, sequence('/_/{u}a'))],
    when: PUT(`${S}?overwrite=true`, { parameters: [{ key: 'x', value: 1 }] }),
    answer: { status: 200, body: { parameters: [{ key: '_actions', value: ['/{ns}/{u}a'] }] } },
  },
  {
    name: 'a sequence that becomes an action loses its components',
    given: [...two, PUT(S, sequence('/_/{u}a'))],
    when: PUT(`${S}?overwrite=true`, code(ECHO)),
    answer: { status: 200, body: { exec: { kind: 'nodejs:20' }, parameters: [] } },
  },
  {
    name: 'annotations are not removed from a sequence',
    given: [...two, PUT(S, { ...sequence('/_/{u}a'), annotations: [{ key: 'x', value: 1 }] })],
    when: PUT(`${S}?overwrite=true`, { ...sequence('/_/{u}a'), delAnnotations: ['x'] }),
    answer: {
      status: 200,
      body: { annotations: [{ key: 'x', value: 1 }, ANYTHING, { key: 'exec', value: 'sequence' }] },
    },
  },
]
