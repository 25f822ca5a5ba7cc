import { isJsonObject } from '../../model/json.ts'
import { JsonText } from '../../model/json-text.ts'
import { parametersAsObject, type Parameters } from '../../model/parameters.ts'

/** What a run is told: arguments, and how to treat some of the action's parameters. */
export interface Arguments {
  readonly content?: JsonText
  readonly initArgs: readonly string[]
  readonly lockedArgs: Readonly<Record<string, string>>
}

const NONE: readonly string[] = []
const UNLOCKED: Readonly<Record<string, string>> = {}
const NO_ARGUMENTS: Arguments = { initArgs: NONE, lockedArgs: UNLOCKED }

/**
 * The request's arguments over the action's parameters. An array is passed as it is. Without parameters the payload
 * is handed on untouched, so that its text need not be written again.
 */
export function mergeArguments(parameters: Parameters, payload: JsonText | undefined): Arguments {
  if (parameters.length === 0) {
    return payload ? { content: payload, initArgs: NONE, lockedArgs: UNLOCKED } : NO_ARGUMENTS
  }

  const given = payload?.value ?? {}
  const initArgs = parameters.filter(({ init }) => init).map(({ key }) => key)
  const lockedArgs: Record<string, string> = {}
  for (const { key, encryption } of parameters) {
    if (encryption !== undefined && !(isJsonObject(given) && Object.hasOwn(given, key))) lockedArgs[key] = encryption
  }
  if (payload !== undefined && !isJsonObject(given)) return { content: payload, initArgs, lockedArgs: UNLOCKED }
  // Keys of a payload are the caller's: `__proto__` must stay an ordinary member.
  const merged = Object.entries({ ...parametersAsObject(parameters) }).concat(Object.entries(given))
  return { content: JsonText.of(Object.fromEntries(merged)), initArgs, lockedArgs }
}
