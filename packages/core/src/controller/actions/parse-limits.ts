import type { ActionLimits } from '../../model/action-limits.ts'
import { numberOf, type JsonObject, type JsonValue } from '../../model/json.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { EffectiveLimits, Range } from '../admission/effective-limits.ts'
import { badContent, HttpError } from '../http/http-error.ts'
import {
  instancesNegative,
  instancesTooMany,
  limitMalformed,
  limitNotWhole,
  limitOutOfBounds,
  TEXTS,
} from '../http/texts.ts'
import { requireObject } from '../writes/json-readers.ts'

/** Field, what the text about a wrong type calls it, and what the text about a fraction calls it. */
const WHOLE_LIMITS = [
  ['timeout', 'time', 'time'],
  ['memory', 'memory', 'memory'],
  ['logs', 'log', 'log'],
  ['concurrency', 'concurrency', 'intra concurrency'],
  ['instances', 'instance concurrency', 'instance concurrency'],
] as const

/** The `limits` of a request: the types only. Null counts as absent. @throws HttpError 400 */
export function parseLimits(json: JsonValue): Partial<ActionLimits> {
  const given = requireObject(json, 'timeout')
  const limits: { -readonly [K in keyof ActionLimits]?: number } = {}
  for (const [field, malformedName, wholeName] of WHOLE_LIMITS) {
    const value = numberField(given, field, malformedName)
    if (value === undefined) continue
    if (!Number.isInteger(value)) throw badContent(limitNotWhole(wholeName))
    if (value < 0 && (field === 'memory' || field === 'logs')) throw badContent(TEXTS.sizeNegative)
    limits[field] = value
  }
  if (limits.instances !== undefined && limits.instances < 0) throw badContent(instancesNegative())
  const cpu = numberField(given, 'cpu', 'cpu')
  if (cpu !== undefined) limits.cpu = cpu
  return limits
}

function numberField(json: JsonObject, field: string, name: string): number | undefined {
  const value = json[field]
  if (value === undefined || value === null) return undefined
  const number = numberOf(value)
  if (number === undefined) throw badContent(limitMalformed(name))
  return number
}

/** What a request asks for against what the namespace may. @throws HttpError 400 */
export function checkLimits(
  { timeout, memory, logs, concurrency, instances, cpu }: Partial<ActionLimits>,
  effective: EffectiveLimits,
  platform: PlatformLimits,
): void {
  check('memory size', memory, effective.memoryMb, ' MB')
  check('log size', logs, effective.logsMb, ' MB')
  check('duration', timeout, effective.timeoutMs, ' milliseconds')
  check('concurrency', concurrency, effective.concurrency, '')
  check('cpu', cpu, platform.cpu, '')
  if (instances !== undefined && instances > effective.maxInstances) {
    throw new HttpError(400, instancesTooMany(effective.maxInstances))
  }
}

function check(subject: string, value: number | undefined, { min, max }: Range, unit: string): void {
  if (value === undefined) return
  const text = `${subject} ${value}${unit}`
  if (value > max) throw new HttpError(400, limitOutOfBounds(text, 'exceeds', `${max}${unit}`))
  if (value < min) throw new HttpError(400, limitOutOfBounds(text, 'below', `${min}${unit}`))
}
