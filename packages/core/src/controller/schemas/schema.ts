/** The shape of JSON in the dialect of Swagger 2.0. A schema that says nothing admits everything. */
export interface Schema {
  /** Another definition; nothing else may stand beside it. */
  readonly $ref?: string
  readonly type?: 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string'
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly items?: Schema
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  /** What it is where the query parameter of that name is true. The dialect has no choice between schemas. */
  readonly 'x-when-true'?: Readonly<Record<string, Schema>>
  /** Null is as good as leaving the value out. The dialect itself has no word for it. */
  readonly 'x-nullable'?: true
}

type Properties = Readonly<Record<string, Schema>>

/** An object of an answer: it has the required fields, and no field that is not named. */
export function closed(properties: Properties, required: readonly string[]): Schema {
  return { ...open(properties, required), additionalProperties: false }
}

/** An object of a request: fields that are not named are ignored. */
export function open(properties: Properties, required: readonly string[] = []): Schema {
  return { type: 'object', ...(required.length > 0 ? { required } : {}), properties }
}

export function arrayOf(items: Schema): Schema {
  return { type: 'array', items }
}

/** A field of a request that may be null instead of absent. */
export function nullable(schema: Schema): Schema {
  return { ...schema, 'x-nullable': true }
}

export const TEXT: Schema = { type: 'string' }
export const WHOLE: Schema = { type: 'integer' }
export const FLAG: Schema = { type: 'boolean' }
