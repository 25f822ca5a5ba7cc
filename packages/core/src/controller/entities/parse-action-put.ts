import type { ActionLimits } from '../../model/action-limits.ts'
import { isBlackbox, isSequence, type Exec } from '../../model/exec.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { parametersSize, parseParameters, type Parameters } from '../../model/parameters.ts'
import { parseVersion } from '../../model/semantic-version.ts'
import { badContent, HttpError } from '../http/http-error.ts'
import { largerThanAllowed, TEXTS } from '../http/texts.ts'
import { parseExec, type ExecRules } from './parse-exec.ts'
import { parseLimits } from './parse-limits.ts'

/** The parts of a request whose size is bounded; they are judged first. */
export interface ActionContent {
  readonly exec?: Exec
  readonly parameters?: Parameters
  readonly annotations?: Parameters
}

export interface ActionSettings {
  readonly limits?: Partial<ActionLimits>
  readonly version?: string
  readonly publish?: boolean
  /** Names of annotations to be removed. */
  readonly delAnnotations?: readonly string[]
}

export interface ContentBounds {
  readonly maxExecBytes: number
  readonly maxParameterBytes: number
}

/** @throws HttpError 400, 413 */
export function parseActionContent(body: JsonObject, rules: ExecRules, bounds: ContentBounds): ActionContent {
  const exec = optional(body['exec'], (json) => parseExec(json, rules))
  const parameters = optional(body['parameters'], parseList)
  const annotations = optional(body['annotations'], parseList)
  if (exec) checkSize('exec', execBytes(exec), bounds.maxExecBytes)
  if (parameters) checkSize('parameters', parametersSize(parameters), bounds.maxParameterBytes)
  if (annotations) checkSize('annotations', parametersSize(annotations), bounds.maxParameterBytes)
  return { ...(exec && { exec }), ...(parameters && { parameters }), ...(annotations && { annotations }) }
}

/** @throws HttpError 400 */
export function parseActionSettings(body: JsonObject): ActionSettings {
  const limits = optional(body['limits'], parseLimits)
  const version = optional(body['version'], parseVersionField)
  const publish = optional(body['publish'], parsePublish)
  const delAnnotations = optional(body['delAnnotations'], parseNames)
  return {
    ...(limits && { limits }),
    ...(version !== undefined && { version }),
    ...(publish !== undefined && { publish }),
    ...(delAnnotations && { delAnnotations }),
  }
}

function optional<T>(json: JsonValue | undefined, parse: (json: JsonValue) => T): T | undefined {
  return json === undefined || json === null ? undefined : parse(json)
}

function parseList(json: JsonValue): Parameters {
  const list = parseParameters(json)
  if (!list) throw badContent(TEXTS.parametersMalformed)
  return list
}

function parseVersionField(json: JsonValue): string {
  const version = typeof json === 'string' ? parseVersion(json) : undefined
  if (version === undefined) throw badContent(TEXTS.versionMalformed)
  return version
}

function parsePublish(json: JsonValue): boolean {
  if (typeof json !== 'boolean') throw badContent("'publish' must be a boolean")
  return json
}

function parseNames(json: JsonValue): string[] {
  if (!Array.isArray(json)) throw badContent("'delAnnotations' must be an array of names")
  return json.map((name) => {
    if (typeof name !== 'string') throw badContent("'delAnnotations' must be an array of names")
    return name
  })
}

function execBytes(exec: Exec): number {
  if (isSequence(exec)) return exec.components.reduce((sum, component) => sum + Buffer.byteLength(component), 0)
  const code = exec.code && 'text' in exec.code ? Buffer.byteLength(exec.code.text) : 0
  const image = isBlackbox(exec) ? Buffer.byteLength(exec.image) : 0
  return code + Buffer.byteLength(exec.main ?? '') + image
}

function checkSize(field: string, bytes: number, allowedBytes: number): void {
  if (bytes > allowedBytes) throw new HttpError(413, largerThanAllowed(field, bytes, allowedBytes))
}
