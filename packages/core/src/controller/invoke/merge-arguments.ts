import { joined, mayName } from './joined-text.ts'
import { isJsonObject } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { JsonText } from '../../model/json-text.ts'
import { parametersAsObject, type Parameters } from '../../model/parameters.ts'
import { quotedText } from '../../model/quoted-text.ts'

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
 * is handed on untouched, and where it overrides none its text is not written again.
 */
export function mergeArguments(parameters: Parameters, payload: JsonText | undefined): Arguments {
  if (parameters.length === 0) {
    return payload ? { content: payload, initArgs: NONE, lockedArgs: UNLOCKED } : NO_ARGUMENTS
  }
  const facts = factsOf(parameters)
  if (!mayName(payload, facts.quotedNames)) {
    return {
      content: JsonText.trusted(joined(facts.text, payload)),
      initArgs: facts.initArgs,
      lockedArgs: facts.lockedArgs,
    }
  }

  const given = payload.value
  if (!isJsonObject(given)) return { content: payload, initArgs: facts.initArgs, lockedArgs: UNLOCKED }
  const locked = Object.entries(facts.lockedArgs).filter(([key]) => !Object.hasOwn(given, key))
  // Keys of a payload are the caller's: `__proto__` must stay an ordinary member.
  const merged = Object.entries({ ...parametersAsObject(parameters) }).concat(Object.entries(given))
  return {
    content: JsonText.of(Object.fromEntries(merged)),
    initArgs: facts.initArgs,
    lockedArgs: Object.fromEntries(locked),
  }
}

/** What is the same for every run with these parameters. */
interface Facts {
  /** An object, without the bracket at its end. */
  readonly text: string
  /** Names as JSON writes them. */
  readonly quotedNames: readonly string[]
  readonly initArgs: readonly string[]
  readonly lockedArgs: Readonly<Record<string, string>>
}

/** Actions are kept while they are in use, and their parameters with them. */
const known = new WeakMap<Parameters, Facts>()
/** Characters. Larger ones would take twice their memory. */
const MAX_REMEMBERED = 64 * 1024

function factsOf(parameters: Parameters): Facts {
  const before = known.get(parameters)
  if (before) return before
  const facts: Facts = {
    text: `{${parameters.map(({ key, value }) => `${quotedText(key)}:${stringifyJson(value)}`).join(',')}`,
    quotedNames: parameters.map(({ key }) => quotedText(key)),
    initArgs: parameters.filter(({ init }) => init).map(({ key }) => key),
    lockedArgs: Object.fromEntries(
      parameters.flatMap(({ key, encryption }) => (encryption === undefined ? [] : [[key, encryption]])),
    ),
  }
  if (facts.text.length <= MAX_REMEMBERED) known.set(parameters, facts)
  return facts
}
