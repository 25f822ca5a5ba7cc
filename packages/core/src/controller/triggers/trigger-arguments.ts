import { isJsonObject, type JsonObject } from '../../model/json.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { JsonText } from '../../model/json-text.ts'
import type { Trigger } from '../../model/trigger.ts'
import { joined, mayName } from '../invoke/joined-text.ts'
import { mergeArguments } from '../invoke/merge-arguments.ts'

const HEADERS = '__ow_headers'
const QUOTED = [`"${HEADERS}"`]
const NOTHING = JsonText.trusted('{}')

/**
 * What the actions of a trigger are told: the payload over the headers of the request over the parameters of the trigger. A
 * payload that is no object says nothing. What is more than `allowedBytes` is written as short as it can be.
 */
export function triggerArguments(
  { parameters }: Trigger,
  headers: JsonObject | undefined,
  payload: JsonText | undefined,
  allowedBytes: number,
): JsonText {
  const given = payload && isJsonObject(payload.value) ? payload : undefined
  const { content = NOTHING } = mergeArguments(parameters, headers ? withHeaders(headers, given) : given)
  return Buffer.byteLength(content.text) > allowedBytes ? JsonText.of(content.value) : content
}

function withHeaders(headers: JsonObject, payload: JsonText | undefined): JsonText {
  if (!mayName(payload, QUOTED)) return JsonText.trusted(joined(`{${QUOTED[0]}:${stringifyJson(headers)}`, payload))
  // Keys are the user's: `__proto__` must stay an ordinary member.
  return JsonText.of(Object.fromEntries([[HEADERS, headers], ...Object.entries(payload.value as JsonObject)]))
}
