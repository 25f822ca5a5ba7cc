import { ACTIVATION_SCHEMAS } from './activation-schemas.ts'
import { ENTITY_SCHEMAS } from './entity-schemas.ts'
import { PART_SCHEMAS } from './part-schemas.ts'
import { REQUEST_SCHEMAS } from './request-schemas.ts'
import { arrayOf, open, TEXT, type Schema } from './schema.ts'
import { SERVER_SCHEMAS } from './server-schemas.ts'

/** Bodies that have a name of their own: OpenWhisk's, where it has one for them. */
const NAMED = { ...ENTITY_SCHEMAS, ...ACTIVATION_SCHEMAS, ...SERVER_SCHEMAS, ...REQUEST_SCHEMAS }

/** Every schema of the API that has a name. */
export const DEFINITIONS: Readonly<Record<string, Schema>> = { ...NAMED, ...PART_SCHEMAS }

function named(name: keyof typeof NAMED | keyof typeof PART_SCHEMAS): Schema {
  return { $ref: `#/definitions/${name}` }
}

/** Without a type, because `count=true` makes an object of it. */
function countable(item: keyof typeof NAMED, others: Readonly<Record<string, Schema>> = {}): Schema {
  return {
    description: 'A list; with count=true, an object that says only how many entries there are.',
    items: named(item),
    'x-when-true': { count: named('EntityCount'), ...others },
  }
}

/** Bodies that are described where they are used, as in OpenWhisk's document. */
const INLINE = {
  Arguments: { type: 'object', description: 'Arguments of the action, or payload of the trigger.' },
  RuleState: open({ status: { type: 'string', enum: ['active', 'inactive'] } }, ['status']),
  Document: { type: 'object', description: 'A Swagger document.' },
  NamespaceList: arrayOf(TEXT),
  ActionList: countable('ActionMeta'),
  TriggerList: countable('TriggerMeta'),
  RuleList: countable('RuleMeta'),
  PackageList: countable('PackageMeta'),
  ActivationList: countable('ActivationBrief', { docs: arrayOf(named('Activation')) }),
  InvocationAnswer: {
    description: 'The record of the activation; its result alone, when only that was asked for or when it is an array.',
  },
} as const satisfies Readonly<Record<string, Schema>>

/** A body of the API. */
export type SchemaName = keyof typeof NAMED | keyof typeof INLINE | keyof typeof PART_SCHEMAS

/** The schema itself, or a reference to it. */
export function schemaOf(name: SchemaName): Schema {
  const inline: Readonly<Record<string, Schema>> = INLINE
  return inline[name] ?? { $ref: `#/definitions/${name}` }
}
