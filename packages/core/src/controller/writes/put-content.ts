import { isBlackbox, isSequence, type Exec } from '../../model/exec.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import { parametersSize, parseParameters, type Parameters } from '../../model/parameters.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import { effectiveLimits } from '../admission/effective-limits.ts'
import { readJson } from '../http/json-body.ts'
import { entityLimit, type BodyLimit } from '../http/read-body.ts'
import { QueryParameters } from '../http/query-parameters.ts'
import type { Call, QueryParameter } from '../http/route.ts'
import { Refusal } from '../refusals/refusal.ts'
import { optional, requireObject } from './json-readers.ts'
import { parseExec, type ExecRules } from './parse-exec.ts'

/** The parts of a PUT whose size is bounded. */
export interface PutContent {
  readonly exec?: Exec
  readonly parameters?: Parameters
  readonly annotations?: Parameters
}

export interface ContentBounds {
  readonly maxExecBytes: number
  readonly maxParameterBytes: number
}

export interface PutBody {
  readonly body: JsonObject
  readonly content: PutContent
}

export interface Put extends PutBody {
  /** What exists may be updated. */
  readonly overwrite: boolean
}

/** What a row says of it; `entity` with its article. */
export function overwriteParameter(entity: string): QueryParameter {
  return { name: 'overwrite', type: 'boolean', description: `Whether to update ${entity} that exists.` }
}

/**
 * What a PUT asks for. Of its body, what is bounded is read and judged before all else, `exec` too whatever the PUT is
 * about.
 * @throws Refusal what is in it; HttpError 400, 408, 413, 415, 503; ClientGone
 */
export async function readPut(
  { parts }: { readonly parts: Pick<ControllerParts, 'manifest' | 'limits'> },
  call: Call,
  limit?: BodyLimit,
): Promise<Put> {
  const { manifest, limits } = parts
  const { user } = call
  const body = requireObject(await readJson(call, limit ?? entityLimit(limits)), 'exec')
  const { maxParameterBytes } = effectiveLimits(user.limits, limits)
  const rules = { manifest, ownNamespace: user.namespace.name }
  const content = parsePutContent(body, rules, { maxExecBytes: limits.maxExecBytes, maxParameterBytes })
  return { body, content, overwrite: new QueryParameters(call.rawQuery).boolean('overwrite', false) }
}

/** @throws Refusal */
export function parsePutContent(body: JsonObject, rules: ExecRules, bounds: ContentBounds): PutContent {
  const exec = optional(body['exec'], (json) => parseExec(json, rules))
  const parameters = optional(body['parameters'], parseList)
  const annotations = optional(body['annotations'], parseList)
  if (exec) checkSize('exec', execBytes(exec), bounds.maxExecBytes)
  if (parameters) checkSize('parameters', parametersSize(parameters), bounds.maxParameterBytes)
  if (annotations) checkSize('annotations', parametersSize(annotations), bounds.maxParameterBytes)
  return { ...(exec && { exec }), ...(parameters && { parameters }), ...(annotations && { annotations }) }
}

function parseList(json: JsonValue): Parameters {
  const list = parseParameters(json)
  if (!list) throw new Refusal('parameters-malformed')
  return list
}

function checkSize(field: string, bytes: number, allowedBytes: number): void {
  if (bytes > allowedBytes) throw new Refusal('field-too-large', { field, bytes, allowedBytes })
}

function execBytes(exec: Exec): number {
  if (isSequence(exec)) return exec.components.reduce((sum, component) => sum + Buffer.byteLength(component), 0)
  const code = exec.code && 'text' in exec.code ? Buffer.byteLength(exec.code.text) : 0
  const image = isBlackbox(exec) ? Buffer.byteLength(exec.image) : 0
  return code + Buffer.byteLength(exec.main ?? '') + image
}
