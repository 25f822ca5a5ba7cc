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
  exec: part('ActionExec'),
  parameters: KEY_VALUES,
  limits: part('ActionLimits'),
  binding: { ...TEXT, description: 'Path of the binding through which it was read without its code.' },
}

const rule = { ...HEAD, trigger: part('PathName'), action: part('PathName') }

const pkg = {
  ...HEAD,
  parameters: KEY_VALUES,
}

/** Entities as they are answered. */
export const ENTITY_SCHEMAS = {
  Action: closed(action, [...REQUIRED, 'exec', 'limits']),
  ActionMeta: closed({ ...HEAD, limits: part('ActionLimits'), exec: part('ActionExecMeta') }, REQUIRED),
  Trigger: closed(
    {
      ...HEAD,
      parameters: KEY_VALUES,
      limits: part('TriggerLimits'),
      rules: { type: 'object', additionalProperties: part('RuleLink'), description: 'By full names of rules.' },
    },
    REQUIRED,
  ),
  TriggerMeta: closed(HEAD, REQUIRED),
  Rule: closed({ ...rule, status: RULE_STATUS }, [...REQUIRED, 'trigger', 'action']),
  RuleMeta: closed(rule, [...REQUIRED, 'trigger', 'action']),
  Package: closed(
    {
      ...pkg,
      binding: part('PackageBinding'),
      actions: { ...arrayOf(part('PackageAction')), description: 'Where one package is read.' },
      feeds: { ...arrayOf(part('PackageAction')), description: 'Where one package is read.' },
    },
    REQUIRED,
  ),
  PackageMeta: closed(
    { ...HEAD, binding: { description: 'False, or the namespace and name of what it refers to.' } },
    REQUIRED,
  ),
  EntityCount: {
    ...closed({ actions: WHOLE, triggers: WHOLE, rules: WHOLE, packages: WHOLE, activations: WHOLE }, []),
    minProperties: 1,
    maxProperties: 1,
  },
} as const satisfies Readonly<Record<string, Schema>>
