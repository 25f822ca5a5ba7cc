import { Ajv, type ValidateFunction } from 'ajv'

/** What the tests need of a Swagger 2.0 document. */
export interface SwaggerDocument {
  readonly basePath: string
  readonly produces: readonly string[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, SwaggerOperation>>>>
  readonly definitions: Readonly<Record<string, object>>
}

export interface SwaggerOperation {
  readonly operationId: string
  readonly security: readonly object[]
  readonly produces?: readonly string[]
  readonly parameters: readonly SwaggerParameter[]
  readonly responses: Readonly<Record<string, { readonly schema?: SwaggerSchema }>>
}

export interface SwaggerParameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly type?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly schema?: SwaggerSchema
}

export interface SwaggerSchema {
  readonly items?: object
  readonly 'x-when-true'?: Readonly<Record<string, object>>
}

/** Makes validators of the schemas in a document. */
export class DocumentSchemas {
  readonly #ajv = new Ajv({ allErrors: true, strict: false })
  readonly #definitions: object
  readonly #compiled = new Map<string, ValidateFunction>()

  constructor({ definitions }: Pick<SwaggerDocument, 'definitions'>) {
    this.#definitions = withNull(definitions) as object
  }

  /** What is wrong with the value; undefined when nothing is. */
  errorOf(schema: object, value: unknown): string | undefined {
    const validate = this.#validator(schema)
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors)
  }

  #validator(schema: object): ValidateFunction {
    const key = JSON.stringify(schema)
    const known = this.#compiled.get(key)
    if (known) return known
    const validate = this.#ajv.compile({ allOf: [withNull(schema)], definitions: this.#definitions })
    this.#compiled.set(key, validate)
    return validate
  }
}

/** The dialect has no null; JSON Schema has. */
function withNull(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNull)
  if (typeof schema !== 'object' || schema === null) return schema
  const { 'x-nullable': nullable, ...rest } = schema as Record<string, unknown>
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withNull(value)]))
  return nullable === true ? { anyOf: [{ type: 'null' }, inner] } : inner
}
