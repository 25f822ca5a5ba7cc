import { arrayOf, closed, FLAG, TEXT, WHOLE, type Schema } from './schema.ts'

/** What several answers are made of. */
export const PART_SCHEMAS = {
  KeyValue: closed(
    {
      key: TEXT,
      value: { description: 'Any JSON.' },
      init: { ...FLAG, description: 'Given to the action as environment, at its initialisation.' },
      encryption: { ...TEXT, description: 'How the value is encrypted.' },
    },
    ['key', 'value'],
  ),
  ActionExec: closed(
    {
      kind: { ...TEXT, description: 'Runtime such as nodejs:20, or blackbox, or sequence.' },
      code: { ...TEXT, description: 'Source text; base64 when binary.' },
      binary: FLAG,
      main: TEXT,
      image: { ...TEXT, description: 'Of kind blackbox.' },
      components: { ...arrayOf(TEXT), description: 'Of kind sequence: full names of actions.' },
    },
    ['kind'],
  ),
  ActionLimits: closed(
    {
      timeout: { ...WHOLE, description: 'Milliseconds.' },
      memory: { ...WHOLE, description: 'MB.' },
      logs: { ...WHOLE, description: 'MB.' },
      concurrency: { ...WHOLE, description: 'Activations at once in a container.' },
      instances: { ...WHOLE, description: 'Containers at once.' },
      cpu: { type: 'number', description: 'Share of a core. Absent unless it was set.' },
    },
    ['timeout', 'memory', 'logs', 'concurrency'],
  ),
  PathName: closed({ path: TEXT, name: TEXT }, ['path', 'name']),
  RuleLink: closed(
    { action: { $ref: '#/definitions/PathName' }, status: { type: 'string', enum: ['active', 'inactive'] } },
    ['action', 'status'],
  ),
  ActivationResult: closed(
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
  ),
  ActionExecMeta: closed({ binary: FLAG }, ['binary']),
  TriggerLimits: closed({}, []),
  PackageBinding: closed({ namespace: TEXT, name: TEXT }, []),
  PackageAction: closed({ name: TEXT, version: TEXT, annotations: arrayOf({ $ref: '#/definitions/KeyValue' }) }, [
    'name',
    'version',
  ]),
} as const satisfies Readonly<Record<string, Schema>>

/** A reference to one of them. */
export function part(name: keyof typeof PART_SCHEMAS): Schema {
  return { $ref: `#/definitions/${name}` }
}

export const KEY_VALUES: Schema = arrayOf(part('KeyValue'))
export const RULE_STATUS: Schema = { type: 'string', enum: ['active', 'inactive'] }
