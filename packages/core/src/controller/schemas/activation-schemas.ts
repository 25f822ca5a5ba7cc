import { KEY_VALUES, part } from './part-schemas.ts'
import { arrayOf, closed, FLAG, TEXT, WHOLE, type Schema } from './schema.ts'

const ID: Schema = { type: 'string', pattern: '^[0-9a-f]{32}$' }
const TIME: Schema = { ...WHOLE, description: 'Milliseconds since 1970.' }

const HEAD = {
  namespace: TEXT,
  name: TEXT,
  version: TEXT,
  publish: FLAG,
  annotations: KEY_VALUES,
  activationId: ID,
  start: TIME,
  end: TIME,
  duration: { ...WHOLE, description: 'Milliseconds.' },
  cause: { ...ID, description: 'The activation of which this is a part.' },
} as const
const REQUIRED = ['namespace', 'name', 'version', 'publish', 'activationId', 'start']

const WHOLE_RECORD = { subject: TEXT, response: part('ActivationResult'), logs: arrayOf(TEXT) } as const

const activation = closed({ ...HEAD, ...WHOLE_RECORD }, [...REQUIRED, 'subject', 'response', 'logs'])

/** Activations as they are answered. */
export const ACTIVATION_SCHEMAS = {
  Activation: activation,
  ActivationId: closed({ activationId: ID }, ['activationId']),
  /** With `docs=true` there is in it what is in an activation, and no status code. */
  ActivationBrief: closed({ ...HEAD, statusCode: { ...WHOLE, minimum: 0, maximum: 3 }, ...WHOLE_RECORD }, REQUIRED),
  ActivationLogs: closed({ logs: arrayOf(TEXT) }, ['logs']),
} as const satisfies Readonly<Record<string, Schema>>
