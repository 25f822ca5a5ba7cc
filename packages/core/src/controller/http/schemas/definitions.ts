import { ACTIVATION_SCHEMAS } from './activation-schemas.ts'
import { ENTITY_SCHEMAS } from './entity-schemas.ts'
import { PART_SCHEMAS } from './part-schemas.ts'
import { REQUEST_SCHEMAS } from './request-schemas.ts'
import type { Schema } from './schema.ts'
import { SERVER_SCHEMAS } from './server-schemas.ts'

const BODIES = { ...ENTITY_SCHEMAS, ...ACTIVATION_SCHEMAS, ...SERVER_SCHEMAS, ...REQUEST_SCHEMAS }

/** A body of the API. */
export type SchemaName = keyof typeof BODIES

/** Every schema of the API by name. */
export const DEFINITIONS: Readonly<Record<string, Schema>> = { ...BODIES, ...PART_SCHEMAS }
