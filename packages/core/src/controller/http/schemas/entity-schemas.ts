import { KEY_VALUES, part, RULE_STATUS } from './part-schemas.ts'
import { arrayOf, closed, FLAG, TEXT, WHOLE, type Schema } from './schema.ts'

const HEAD = {
  namespace: { ...TEXT, description: 'Namespace, or namespace/package.' },
  name: TEXT,
  version: TEXT,
  publish: FLAG,
  annotations: KEY_VALUES,
  updated: { ...WHOLE, description: 'Time of the last write, milliseconds since 1970.' },
} as const
const REQUIRED = ['namespace', 'name', 'version', 'publish']

const action = {
  ...HEAD,
  exec: part('Exec'),
  parameters: KEY_VALUES,
  limits: part('ActionLimits'),
  binding: { ...TEXT, description: 'Path of the binding through which it was read without its code.' },
}

const rule = { ...HEAD, trigger: part('EntityReference'), action: part('EntityReference') }

const pkg = {
  ...HEAD,
  parameters: KEY_VALUES,
  binding: { ...closed({ namespace: TEXT, name: TEXT }, []), description: 'What it refers to; empty for a package.' },
}

/** Entities as they are answered. */
export const ENTITY_SCHEMAS = {
  Action: closed(action, [...REQUIRED, 'exec', 'limits']),
  ActionList: arrayOf(
    closed({ ...HEAD, limits: part('ActionLimits'), exec: closed({ binary: FLAG }, ['binary']) }, REQUIRED),
  ),
  Trigger: closed(
    {
      ...HEAD,
      parameters: KEY_VALUES,
      limits: closed({}, []),
      rules: { type: 'object', additionalProperties: part('RuleLink'), description: 'By full names of rules.' },
    },
    REQUIRED,
  ),
  TriggerList: arrayOf(closed(HEAD, REQUIRED)),
  Rule: closed({ ...rule, status: RULE_STATUS }, [...REQUIRED, 'trigger', 'action']),
  RuleList: arrayOf(closed(rule, [...REQUIRED, 'trigger', 'action'])),
  Package: closed(pkg, REQUIRED),
  PackageContents: closed(
    { ...pkg, actions: arrayOf(part('PackageAction')), feeds: arrayOf(part('PackageAction')) },
    REQUIRED,
  ),
  PackageList: arrayOf(
    closed({ ...HEAD, binding: { description: 'False, or the namespace and name of what it refers to.' } }, REQUIRED),
  ),
  EntityCount: {
    ...closed({ actions: WHOLE, triggers: WHOLE, rules: WHOLE, packages: WHOLE, activations: WHOLE }, []),
    minProperties: 1,
    maxProperties: 1,
  },
} as const satisfies Readonly<Record<string, Schema>>
