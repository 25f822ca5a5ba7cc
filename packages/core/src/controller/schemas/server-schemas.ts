import { arrayOf, closed, FLAG, TEXT, WHOLE, type Schema } from './schema.ts'

const BOUNDS = ['action_duration', 'action_memory', 'action_logs'].flatMap((what) =>
  ['default_min', 'default_max', 'min', 'max'].map((bound) => `${bound}_${what}`),
)
const LIMITS = ['actions_per_minute', 'triggers_per_minute', 'concurrent_actions', 'sequence_length', ...BOUNDS]

const runtime = closed(
  { kind: TEXT, image: TEXT, deprecated: FLAG, default: FLAG, attached: FLAG, requireMain: FLAG },
  ['kind', 'image', 'deprecated', 'default', 'attached', 'requireMain'],
)

const NAMESPACE_BOUNDS = ['Memory', 'Logs', 'Timeout', 'Concurrency'].flatMap((what) => [
  `minAction${what}`,
  `maxAction${what}`,
])
const NAMESPACE_NUMBERS = [
  'invocationsPerMinute',
  'concurrentInvocations',
  'firesPerMinute',
  ...NAMESPACE_BOUNDS,
  'maxActionInstances',
]

/** What the server and a namespace are like. */
export const SERVER_SCHEMAS = {
  ServerInfo: closed(
    {
      description: TEXT,
      support: closed({ github: TEXT, slack: TEXT }, ['github', 'slack']),
      api_paths: arrayOf(TEXT),
      limits: closed(wholeNumbers(LIMITS), LIMITS),
      runtimes: { type: 'object', additionalProperties: arrayOf(runtime), description: 'By family.' },
    },
    ['description', 'support', 'api_paths', 'limits', 'runtimes'],
  ),
  ApiInfo: closed(
    {
      description: TEXT,
      api_version: TEXT,
      api_version_path: TEXT,
      build: TEXT,
      buildno: TEXT,
      swagger_paths: closed({ ui: TEXT, 'api-docs': TEXT }, ['ui', 'api-docs']),
    },
    ['description', 'api_version', 'api_version_path', 'build', 'buildno', 'swagger_paths'],
  ),
  UserLimits: closed(
    {
      ...wholeNumbers(NAMESPACE_NUMBERS),
      allowedKinds: arrayOf(TEXT),
      storeActivations: FLAG,
      maxParameterSize: { ...TEXT, description: 'Such as 1048576 B.' },
      maxPayloadSize: TEXT,
      truncationSize: TEXT,
      warmedContainerKeepingCount: WHOLE,
      warmedContainerKeepingTimeout: TEXT,
    },
    [...NAMESPACE_NUMBERS, 'maxParameterSize'],
  ),
  InvokerStates: {
    type: 'object',
    additionalProperties: { type: 'string', enum: ['up', 'down', 'unhealthy', 'unresponsive'] },
  },
  Readiness: { type: 'object', additionalProperties: TEXT, minProperties: 1, maxProperties: 1 },
  ActivationsInFlight: { ...arrayOf(arrayOf(TEXT)), description: 'Id and full name of the action of each.' },
  Number: { type: 'integer', minimum: 0 },
  /** Without a type: some refusals are plain text instead, which nothing else can say. */
  ErrorMessage: {
    required: ['error', 'code'],
    properties: { error: TEXT, code: { ...TEXT, description: 'Id of the transaction.' } },
    additionalProperties: false,
  },
} as const satisfies Readonly<Record<string, Schema>>

function wholeNumbers(names: readonly string[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(names.map((name) => [name, WHOLE]))
}
