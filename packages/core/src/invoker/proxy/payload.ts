import type { ActivationMessage } from '../../messages/activation-message.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { isJsonObject } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'

/** Turns an encrypted parameter value back. @throws when the algorithm is unknown or the value cannot be decrypted. */
export type UnlockParameter = (algorithm: string, value: JsonValue) => JsonValue

/** What an activation brings, parted as the runtime contract wants it. */
export interface Payload {
  /** JSON text of the arguments. */
  readonly argumentsText: string
  /** Parameters that become environment when the container is initialised. */
  readonly initParameters: JsonObject
}

const NO_PARAMETERS: JsonObject = {}

/** @throws what `unlock` throws, or an error when there are encrypted values and no `unlock`. */
export function payloadOf(message: ActivationMessage, unlock: UnlockParameter | undefined): Payload {
  const { content, initArgs, lockedArgs } = message
  if (!content) return { argumentsText: '{}', initParameters: NO_PARAMETERS }
  const locked = Object.entries(lockedArgs)
  // As it came: arguments can be large, and nothing of them is for anyone but the action.
  if (initArgs.length === 0 && locked.length === 0) {
    return { argumentsText: content.text, initParameters: NO_PARAMETERS }
  }
  const { value } = content
  if (!isJsonObject(value)) return { argumentsText: content.text, initParameters: NO_PARAMETERS }

  const args = new Map(Object.entries(value))
  for (const [name, algorithm] of locked) {
    const cipher = args.get(name)
    if (cipher === undefined) continue
    if (!unlock) throw new Error(`parameter values are encrypted (${algorithm}) and this invoker has no key`)
    args.set(name, unlock(algorithm, cipher))
  }
  const initParameters: [string, JsonValue][] = []
  for (const name of initArgs) {
    const initValue = args.get(name)
    if (initValue !== undefined) initParameters.push([name, initValue])
    args.delete(name)
  }
  return {
    argumentsText: stringifyJson(Object.fromEntries(args)),
    initParameters: Object.fromEntries(initParameters),
  }
}
