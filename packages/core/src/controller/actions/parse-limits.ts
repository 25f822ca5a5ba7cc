import type { ActionLimits } from '../../model/action-limits.ts'
import { numberOf, type JsonObject, type JsonValue } from '../../model/json.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { EffectiveLimits, Range } from '../admission/effective-limits.ts'
import { requireObject } from '../writes/json-readers.ts'
import { Refusal } from '../refusals/refusal.ts'

/** Field, what the text about a wrong type calls it, and what the text about a fraction calls it. */
const WHOLE_LIMITS = [
  ['timeout', 'time', 'time'],
  ['memory', 'memory', 'memory'],
  ['logs', 'log', 'log'],
  ['concurrency', 'concurrency', 'intra concurrency'],
  ['instances', 'instance concurrency', 'instance concurrency'],
] as const

/** The `limits` of a request: the types only. Null counts as absent. @throws Refusal */
export function parseLimits(json: JsonValue): Partial<ActionLimits> {
  const given = requireObject(json, 'timeout')
  const limits: { -readonly [K in keyof ActionLimits]?: number } = {}
  for (const [field, malformedName, wholeName] of WHOLE_LIMITS) {
    const value = numberField(given, field, malformedName)
    if (value === undefined) continue
    if (!Number.isInteger(value)) throw new Refusal('limit-not-whole', { limit: wholeName })
    if (value < 0 && (field === 'memory' || field === 'logs')) throw new Refusal('size-negative')
    limits[field] = value
  }
  if (limits.instances !== undefined && limits.instances < 0) throw new Refusal('instances-negative')
  const cpu = numberField(given, 'cpu', 'cpu')
  if (cpu !== undefined) limits.cpu = cpu
  return limits
}

function numberField(json: JsonObject, field: string, name: string): number | undefined {
  const value = json[field]
  if (value === undefined || value === null) return undefined
  const number = numberOf(value)
  if (number === undefined) throw new Refusal('limit-malformed', { limit: name })
  return number
}

/** What a request asks for against what the namespace may. @throws Refusal */
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
    throw new Refusal('instances-too-many', { allowed: effective.maxInstances })
  }
}

function check(limit: string, value: number | undefined, { min, max }: Range, unit: string): void {
  if (value === undefined) return
  if (value > max) throw new Refusal('limit-too-high', { limit, value, bound: max, unit })
  if (value < min) throw new Refusal('limit-too-low', { limit, value, bound: min, unit })
}
