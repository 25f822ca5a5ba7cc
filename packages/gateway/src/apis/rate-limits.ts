import { numberOf, type JsonObject } from '@stemcell/core'
import { isObject } from './json.ts'

/** So many requests in so much time; of each subscription where the API asks for keys, else of all together. */
export interface RateLimit {
  readonly rate: number
  readonly intervalMs: number
}

const UNIT_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

/** The limits of an API; undefined when they are malformed. */
export function rateLimitsOf(document: JsonObject): readonly RateLimit[] | undefined {
  const given = document['x-gateway-rate-limit'] ?? document['x-ibm-rate-limit']
  if (given === undefined) return []
  const limits: RateLimit[] = []
  for (const one of Array.isArray(given) ? given : [given]) {
    if (!isObject(one)) return undefined
    const { unit = 'minute' } = one
    const rate = numberOf(one['rate'])
    const units = numberOf(one['units'] ?? 1)
    const unitMs = typeof unit === 'string' && Object.hasOwn(UNIT_MS, unit) ? UNIT_MS[unit] : undefined
    if (unitMs === undefined || !isPositive(rate) || !isPositive(units)) return undefined
    limits.push({ rate, intervalMs: units * unitMs })
  }
  return limits
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}
