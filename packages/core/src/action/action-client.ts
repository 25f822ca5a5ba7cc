import type { EmbeddedClient } from '../assembly/embedded-client.ts'
import type { JsonObject } from '../model/json.ts'
import type { SchemaInput, SchemaOutput, StandardSchema } from '../standard-schema.ts'
import { ActionFailed, InvalidValue, type InvalidPart } from './action-errors.ts'
import type { ActionDefinition } from './define-action.ts'

/** A function for each action, under the name that it was given here. */
export type ActionCalls<Actions extends Readonly<Record<string, ActionDefinition>>> = {
  readonly [Name in keyof Actions]: (
    parameters: SchemaInput<Actions[Name]['parameters']>,
  ) => Promise<SchemaOutput<Actions[Name]['result']>>
}

/** Options of {@link actionClient}. */
export interface ActionClientOptions {
  /**
   * Whether parameters are checked before they are sent, and results before they are returned; what the schemas make of
   * them is then sent and returned. Default true.
   */
  readonly validate?: boolean
}

/**
 * Functions that invoke actions through a client of a platform, wait, and return their results, typed by the actions'
 * own schemas. `deploy` creates or replaces those that have code.
 *
 * @throws InvalidValue    parameters or a result do not fit the schema.
 * @throws ActionFailed    the action ended with an error; its record is in the error.
 * @throws ApiRequestError the platform refused the call.
 */
export function actionClient<const Actions extends Readonly<Record<string, ActionDefinition>>>(
  client: Pick<EmbeddedClient, 'invoke' | 'putAction'>,
  actions: Actions,
  { validate = true }: ActionClientOptions = {},
): { readonly call: ActionCalls<Actions>; readonly deploy: () => Promise<void> } {
  const call = Object.fromEntries(
    Object.entries(actions).map(([key, action]) => [
      key,
      async (parameters: unknown) => {
        const sent = validate ? await fitting(action, 'parameters', parameters) : parameters
        const activation = await client.invoke(action.name, sent as JsonObject)
        if (!activation.response.success) throw new ActionFailed(action.name, activation)
        const { result } = activation.response
        return validate ? fitting(action, 'result', result) : result
      },
    ]),
  )
  return {
    call: call as ActionCalls<Actions>,
    deploy: async () => {
      for (const { name, entity } of Object.values(actions)) if (entity) await client.putAction(name, entity)
    },
  }
}

async function fitting(action: ActionDefinition, part: InvalidPart, value: unknown): Promise<unknown> {
  const schema: StandardSchema = action[part]
  const outcome = await schema['~standard'].validate(value)
  if (outcome.issues) throw new InvalidValue(action.name, part, outcome.issues)
  return outcome.value
}
