import { PlatformError } from '../errors.ts'
import type { Activation, StatusCode } from './activation.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { isJsonObject, numberOf } from './json.ts'
import { stringifyJson } from './json-number.ts'
import { JsonText } from './json-text.ts'
import { parseParameters, type Parameter, type Parameters } from './parameters.ts'
import { quotedText } from './quoted-text.ts'

/** The fields that messages and stored documents share, in OpenWhisk's order. */
export function activationJson(activation: Activation): JsonObject {
  return { ...head(activation), response: responseJson(activation), ...tail(activation) }
}

/**
 * The same as text, put together from its parts, since every activation is written. The result, the one part of
 * unbounded size, is copied from its own text.
 */
export function activationText(activation: Activation): string {
  const { namespace, name, subject, activationId, start, end, duration, cause } = activation
  const { response, logs, annotations, version, publish } = activation
  const { statusCode, result, size } = response
  let text = `{"namespace":${quotedText(namespace)},"name":${quotedText(name)},"subject":${quotedText(subject)}`
  text += `,"activationId":${quotedText(activationId)},"start":${numberText(start)}`
  if (end !== undefined) text += `,"end":${numberText(end)}`
  if (duration !== undefined) text += `,"duration":${numberText(duration)}`
  if (cause !== undefined) text += `,"cause":${quotedText(cause)}`
  text += `,"response":{"statusCode":${statusCode}`
  if (result) text += `,"result":${result.text}`
  if (size !== undefined) text += `,"size":${size}`
  text += `},"logs":${logs.length === 0 ? '[]' : JSON.stringify(logs)},"version":${quotedText(version)}`
  return `${text},"publish":${publish},"annotations":${parametersText(annotations)}}`
}

/** What is no number is null, as `JSON.stringify` has it. */
function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null'
}

/** Parameters or annotations as JSON text. */
export function parametersText(parameters: Parameters): string {
  let text = '['
  for (let index = 0; index < parameters.length; index++) {
    const parameter = parameters[index]!
    text += (index === 0 ? '' : ',') + (fixedTexts.get(parameter) ?? parameterText(parameter))
  }
  return `${text}]`
}

function parameterText({ key, value, init, encryption }: Parameter): string {
  let text = `{"key":${quotedText(key)},"value":${valueText(value)}`
  if (init) text += ',"init":true'
  if (encryption !== undefined) text += `,"encryption":${quotedText(encryption)}`
  return `${text}}`
}

/** As `stringifyJson`, a call of which costs more than most of these values do. */
function valueText(value: JsonValue): string {
  if (typeof value === 'string') return quotedText(value)
  if (typeof value === 'number') return numberText(value)
  return typeof value === 'boolean' ? String(value) : stringifyJson(value)
}

const fixedTexts = new WeakMap<Parameter, string>()

/** The same parameter, whose text is made here, once; it must not change any more. */
export function fixedParameter(parameter: Parameter): Parameter {
  fixedTexts.set(parameter, parameterText(parameter))
  return parameter
}

function head(activation: Activation): JsonObject {
  const { namespace, name, subject, activationId, start, end, duration, cause } = activation
  return {
    namespace,
    name,
    subject,
    activationId,
    start,
    ...(end === undefined ? {} : { end }),
    ...(duration === undefined ? {} : { duration }),
    ...(cause === undefined ? {} : { cause }),
  }
}

function responseJson({ response: { statusCode, result, size } }: Activation): JsonObject {
  return {
    statusCode,
    ...(result === undefined ? {} : { result: result.value }),
    ...(size === undefined ? {} : { size }),
  }
}

function tail({ logs, annotations, version, publish }: Activation): JsonObject {
  return { logs: [...logs], version, publish, annotations: parametersJson(annotations) }
}

export function parametersJson(parameters: Parameters): JsonObject[] {
  return parameters.map(({ key, value, init, encryption }) => ({
    key,
    value,
    ...(init ? { init } : {}),
    ...(encryption === undefined ? {} : { encryption }),
  }))
}

/**
 * Reads a stored document or a message. An `end` of 0 means that there is none; a missing `duration` is computed.
 * @throws ERR_CORRUPT a required field is missing or malformed.
 */
export function readActivation(json: JsonObject): Activation {
  const { cause, logs } = json
  const duration = numberOf(json['duration'])
  const response = isJsonObject(json['response']) ? json['response'] : corrupt('response')
  const { result } = response
  const statusCode = numberOf(response['statusCode'])
  const size = numberOf(response['size'])
  const start = time(json['start']) ?? corrupt('start')
  const end = time(json['end'])
  const ended = end !== undefined && end !== 0
  return {
    namespace: text(json, 'namespace'),
    name: text(json, 'name'),
    version: typeof json['version'] === 'string' ? json['version'] : '0.0.1',
    subject: text(json, 'subject'),
    activationId: text(json, 'activationId'),
    ...(typeof cause === 'string' ? { cause } : {}),
    start,
    ...(ended ? { end, duration: duration ?? end - start } : {}),
    publish: json['publish'] === true,
    response: {
      statusCode:
        statusCode === 0 || statusCode === 1 || statusCode === 2 || statusCode === 3
          ? (statusCode satisfies StatusCode)
          : corrupt('response.statusCode'),
      ...(result === undefined ? {} : { result: JsonText.of(result) }),
      ...(size === undefined ? {} : { size }),
    },
    logs: Array.isArray(logs) ? logs.filter((line) => typeof line === 'string') : [],
    annotations: parseParameters(json['annotations'] ?? []) ?? [],
  }
}

/** Numbers are epoch ms; documents of OpenWhisk may also hold ISO texts. */
function time(value: JsonValue | undefined): number | undefined {
  if (typeof value !== 'string') return numberOf(value)
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? undefined : ms
}

function text(json: JsonObject, field: string): string {
  const value = json[field]
  return typeof value === 'string' ? value : corrupt(field)
}

function corrupt(field: string): never {
  throw new PlatformError('ERR_CORRUPT', `activation record: field '${field}' is missing or malformed`)
}

/** What a listing shows of a record: no response, no logs, no subject. */
export function activationSummary(activation: Activation): JsonObject {
  const { namespace, name, version, publish, annotations, activationId, start, end, cause, response } = activation
  return {
    namespace,
    name,
    version,
    publish,
    annotations: parametersJson(annotations),
    activationId,
    start,
    ...(end === undefined ? {} : { end, duration: end - start, statusCode: response.statusCode }),
    ...(cause === undefined ? {} : { cause }),
  }
}
