import type { JsonObject } from '../model/json.ts'
import type { SchemaInput, SchemaOutput, StandardSchema } from '../standard-schema.ts'

/** What an action is, beside its types. */
export interface ActionOptions<Parameters extends StandardSchema, Result extends StandardSchema> {
  /** `name`, or `package/name`. */
  readonly name: string
  /** What it takes, of any library that speaks Standard Schema. */
  readonly parameters: Parameters
  /** What it returns. */
  readonly result: Result
  /**
   * The code: a function that uses nothing but its parameters and what it imports itself, for its text is sent. Leave it
   * out where the action is deployed by other means.
   */
  readonly main?: (parameters: SchemaOutput<Parameters>) => SchemaInput<Result> | Promise<SchemaInput<Result>>
  /** Default `nodejs:default`. */
  readonly kind?: string
  /** Time in ms, memory and logs in MB, activations at once in one container. */
  readonly limits?: {
    readonly timeout?: number
    readonly memory?: number
    readonly logs?: number
    readonly concurrency?: number
  }
  /** Such as `{ 'web-export': true }`. */
  readonly annotations?: JsonObject
}

/** An action with its types; see {@link defineAction}. */
export interface ActionDefinition<
  Parameters extends StandardSchema = StandardSchema,
  Result extends StandardSchema = StandardSchema,
> {
  readonly name: string
  readonly parameters: Parameters
  readonly result: Result
  /** The body of its PUT; undefined where it has no `main`. */
  readonly entity: JsonObject | undefined
}

/**
 * An action whose parameters and result have types, of which {@link actionClient} makes functions.
 *
 * ```ts
 * const greet = defineAction({
 *   name: 'greet',
 *   parameters: z.strictObject({ name: z.string() }),
 *   result: z.object({ greeting: z.string() }),
 *   main: ({ name }) => ({ greeting: `Hello, ${name}` }),
 * })
 * ```
 */
export function defineAction<Parameters extends StandardSchema, Result extends StandardSchema>(
  options: ActionOptions<Parameters, Result>,
): ActionDefinition<Parameters, Result> {
  const { name, parameters, result, main, kind = 'nodejs:default', limits, annotations } = options
  const entity: JsonObject | undefined = main && {
    exec: { kind, code: codeOf(main) },
    ...(limits ? { limits: { ...limits } } : {}),
    ...(annotations ? { annotations: Object.entries(annotations).map(([key, value]) => ({ key, value })) } : {}),
  }
  return { name, parameters, result, entity }
}

/** A text that declares `main`, whether it was written as an arrow, a function, or a method. */
function codeOf(main: (...parameters: never[]) => unknown): string {
  const text = Function.prototype.toString.call(main)
  const method = /^(async\s+)?main\s*\(/.exec(text)
  const value = method ? `${method[1] ?? ''}function ${text.slice(method[1]?.length ?? 0)}` : text
  return `const run = ${value}\nfunction main(parameters) { return run(parameters) }\n`
}
