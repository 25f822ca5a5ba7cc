import type { ActionLimits } from '../../model/action-limits.ts'
import { isBlackbox, isSequence, type Exec } from '../../model/exec.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { parametersSize, type Parameters } from '../../model/parameters.ts'
import { badContent } from '../http/http-error.ts'
import { parseExec, type ExecRules } from './parse-exec.ts'
import { parseLimits } from './parse-limits.ts'
import { checkSize, optional, parseList, parseVersionAndPublish } from './put-fields.ts'

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
  const parameters = parseList(body['parameters'])
  const annotations = parseList(body['annotations'])
  if (exec) checkSize('exec', execBytes(exec), bounds.maxExecBytes)
  if (parameters) checkSize('parameters', parametersSize(parameters), bounds.maxParameterBytes)
  if (annotations) checkSize('annotations', parametersSize(annotations), bounds.maxParameterBytes)
  return { ...(exec && { exec }), ...(parameters && { parameters }), ...(annotations && { annotations }) }
}

/** @throws HttpError 400 */
export function parseActionSettings(body: JsonObject): ActionSettings {
  const limits = optional(body['limits'], parseLimits)
  const head = parseVersionAndPublish(body)
  const delAnnotations = optional(body['delAnnotations'], parseNames)
  return { ...(limits && { limits }), ...head, ...(delAnnotations && { delAnnotations }) }
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
