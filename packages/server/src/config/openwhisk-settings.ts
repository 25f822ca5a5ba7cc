import { parseByteSize, parseDurationMs, PlatformError } from '@stemcell/core'

/** Variables of OpenWhisk's components, by name. */
export type OpenWhiskVariables = Readonly<Record<string, string>>

type Reader = (text: string) => number | boolean | undefined

const MB = 1024 ** 2

const count: Reader = (text) => (/^\d+$/.test(text.trim()) ? Number(text) : undefined)
const factor: Reader = (text) => (/^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined)
const bytes: Reader = (text) => parseByteSize(text) ?? count(text)
const megabytes: Reader = (text) => {
  const size = parseByteSize(text)
  return size === undefined ? undefined : Math.floor(size / MB)
}
const ms: Reader = (text) => parseDurationMs(text)
const flag: Reader = (text) => (/^(?:true|false)$/i.test(text.trim()) ? /^true$/i.test(text.trim()) : undefined)

const FORMS = new Map<Reader, string>([
  [count, 'a whole number'],
  [factor, 'a number'],
  [bytes, 'a size such as "1 MB"'],
  [megabytes, 'a size such as "256 MB"'],
  [ms, 'a time such as "60 seconds"'],
  [flag, 'true or false'],
])

function bounds(variable: string, option: string, read: Reader): readonly (readonly [string, string, Reader])[] {
  return ['min', 'std', 'max'].map((bound) => [`${variable}_${bound}`, `${option}.${bound}`, read])
}

/** OpenWhisk's names for what a configuration file calls otherwise. */
const SETTINGS: readonly (readonly [variable: string, option: string, read: Reader])[] = [
  ...bounds('CONFIG_whisk_timeLimit', 'limits.timeoutMs', ms),
  ...bounds('CONFIG_whisk_memory', 'limits.memoryMb', megabytes),
  ...bounds('CONFIG_whisk_logLimit', 'limits.logsMb', megabytes),
  ...bounds('CONFIG_whisk_concurrencyLimit', 'limits.concurrency', count),
  ['LIMITS_ACTIONS_INVOKES_PERMINUTE', 'limits.invocationsPerMinute', count],
  ['LIMITS_ACTIONS_INVOKES_CONCURRENT', 'limits.concurrentInvocations', count],
  ['LIMITS_TRIGGERS_FIRES_PERMINUTE', 'limits.firesPerMinute', count],
  ['LIMITS_ACTIONS_SEQUENCE_MAXLENGTH', 'limits.sequenceLength', count],
  ['CONFIG_whisk_parameterSizeLimit', 'limits.maxParameterBytes', bytes],
  ['CONFIG_whisk_execSizeLimit', 'limits.maxExecBytes', bytes],
  ['CONFIG_whisk_activation_payload_max', 'limits.maxPayloadBytes', bytes],
  ['CONFIG_whisk_activation_payload_truncation', 'limits.truncationBytes', bytes],
  ['CONFIG_whisk_activation_serdesOverhead', 'limits.messageOverheadBytes', bytes],
  ['CONFIG_whisk_queryLimit_defaultListLimit', 'limits.listDefault', count],
  ['CONFIG_whisk_queryLimit_maxListLimit', 'limits.listMax', count],
  ['CONFIG_whisk_controller_activation_maxWaitForBlockingActivation', 'limits.maxBlockingWaitMs', ms],
  ['CONFIG_whisk_db_maxInlineSize', 'limits.maxInlineCodeBytes', bytes],
  ['CONFIG_whisk_loadbalancer_timeoutFactor', 'limits.completionTimeoutFactor', factor],
  ['CONFIG_whisk_loadbalancer_timeoutAddon', 'limits.completionTimeoutAddonMs', ms],
  ['CONFIG_whisk_containerPool_userMemory', 'invoker.userMemoryMb', megabytes],
  ['CONFIG_whisk_containerProxy_timeouts_idleContainer', 'invoker.idleTimeoutMs', ms],
  ['CONFIG_whisk_containerProxy_timeouts_pauseGrace', 'invoker.pauseGraceMs', ms],
  ['CONFIG_whisk_featureFlags_requireApiKeyAnnotation', 'api.requireApiKeyAnnotation', flag],
  ['CONFIG_whisk_featureFlags_requireResponsePayload', 'api.requireResponsePayload', flag],
  ['CONFIG_whisk_sharedPackagesExecuteOnly', 'api.sharedPackagesExecuteOnly', flag],
]

export interface OpenWhiskSettings {
  /** Parts of a configuration, as a file would have them. */
  readonly config: Readonly<Record<string, unknown>>
  /** Variables that were used, with the options that they set. */
  readonly used: readonly (readonly [variable: string, option: string])[]
  /** Variables of OpenWhisk that mean nothing here. */
  readonly unused: readonly string[]
}

/** The variables that OpenWhisk's components read, and that say something here. */
export function isOpenWhiskVariable(name: string): boolean {
  return /^(?:CONFIG_whisk_|LIMITS_(?:ACTIONS|TRIGGERS)_)/.test(name)
}

/**
 * What variables for OpenWhisk's controllers and invokers mean for a configuration; empty ones are not set.
 * @throws ERR_CONFIG one of them has a value that OpenWhisk would not take either. Values are not repeated.
 */
export function openWhiskSettings(variables: OpenWhiskVariables): OpenWhiskSettings {
  const config: Record<string, unknown> = {}
  const used: (readonly [string, string])[] = []
  const known = new Set<string>()
  for (const [variable, option, read] of SETTINGS) {
    known.add(variable)
    const text = variables[variable]
    if (text === undefined || text === '') continue
    const value = read(text)
    if (value === undefined) throw new PlatformError('ERR_CONFIG', `${variable} must be ${FORMS.get(read)}`)
    set(config, option.split('.'), value)
    used.push([variable, option])
  }
  return { config, used, unused: Object.keys(variables).filter((name) => !known.has(name)) }
}

function set(into: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) into[first] = value
  else set((into[first] ??= {}) as Record<string, unknown>, rest, value)
}

/** A configuration with others on top: objects are merged, anything else is replaced. */
export function overlaid(under: unknown, over: unknown): unknown {
  if (!isObject(under) || !isObject(over)) return over === undefined ? under : over
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) merged[key] = overlaid(merged[key], value)
  return merged
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
