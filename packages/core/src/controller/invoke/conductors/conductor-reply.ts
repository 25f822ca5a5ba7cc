import { isJsonObject, type JsonObject, type JsonValue } from '../../../model/json.ts'
import { JsonText } from '../../../model/json-text.ts'

/** What a conductor says is to be done next. */
export interface ConductorReply {
  /** Name of the action to run, not judged yet; undefined ends the composition. */
  readonly action: JsonValue | undefined
  readonly params: JsonText | undefined
  /** Kept for the conductor's next run; undefined when there is none. */
  readonly state: JsonObject | undefined
}

export function readConductorReply({ action, params, state }: JsonObject): ConductorReply {
  return {
    action,
    params: params === undefined ? undefined : JsonText.of(boxed(params, 'value')),
    state: state === undefined ? undefined : boxed(state, 'state'),
  }
}

/** Arguments are an object: a bare value becomes the member `key` of one. */
export function boxed(value: JsonValue, key: string): JsonObject {
  return isJsonObject(value) ? value : { [key]: value }
}
