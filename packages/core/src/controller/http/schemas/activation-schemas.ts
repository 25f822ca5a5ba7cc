import { KEY_VALUES } from './part-schemas.ts'
import { arrayOf, closed, FLAG, TEXT, WHOLE, type Schema } from './schema.ts'

const ID: Schema = { type: 'string', pattern: '^[0-9a-f]{32}$' }
const TIME: Schema = { ...WHOLE, description: 'Milliseconds since 1970.' }

const response = closed(
  {
    status: {
      type: 'string',
      enum: ['success', 'application error', 'action developer error', 'whisk internal error'],
    },
    success: FLAG,
    result: { description: 'Any JSON.' },
    size: { ...WHOLE, description: 'Bytes of the result.' },
  },
  ['status', 'success'],
)

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

const activation = closed({ ...HEAD, subject: TEXT, response, logs: arrayOf(TEXT) }, [
  ...REQUIRED,
  'subject',
  'response',
  'logs',
])

/** Activations as they are answered. */
export const ACTIVATION_SCHEMAS = {
  Activation: activation,
  ActivationId: closed({ activationId: ID }, ['activationId']),
  ActivationList: arrayOf(closed({ ...HEAD, statusCode: { ...WHOLE, minimum: 0, maximum: 3 } }, REQUIRED)),
  ActivationRecords: arrayOf({ $ref: '#/definitions/Activation' }),
  ActivationLogs: closed({ logs: arrayOf(TEXT) }, ['logs']),
  ActivationResult: response,
  InvocationAnswer: {
    description: 'The record of the activation; its result alone, when only that was asked for or when it is an array.',
  },
} as const satisfies Readonly<Record<string, Schema>>
