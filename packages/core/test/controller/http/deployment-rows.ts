import {
  ACTION,
  ANYTHING,
  API,
  code,
  ECHO,
  echoAction,
  ERRORS,
  GET,
  malformed,
  NS,
  PUT,
  type ContractRow,
} from '@stemcell/conformance/rest'

const exec = (fields: object): object => ({ exec: fields })
const KINDS = "Valid values are: 'nodejs:18', 'nodejs:20', 'nodejs:6', 'java:8', 'shell:1', 'sequence', 'blackbox'."

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

/** With kinds that the deployment allows to all, and one namespace that has kinds of its own. */
export const kindRows: readonly ContractRow[] = [
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
]
