import { formatByteSize, parseByteSize } from '../../model/byte-size.ts'
import type { JsonObject } from '../../model/json.ts'
import type { NamespaceLimits } from '../../model/namespace-limits.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'

/** What a namespace may do: its own limits where it has any, never more than the platform's. */
export interface EffectiveLimits {
  readonly memoryMb: Range
  readonly logsMb: Range
  readonly timeoutMs: Range
  readonly concurrency: Range
  readonly maxParameterBytes: number
  readonly maxInstances: number
}

export interface Range {
  readonly min: number
  readonly max: number
}

export function effectiveLimits(own: NamespaceLimits, platform: PlatformLimits): EffectiveLimits {
  return {
    memoryMb: narrowed(platform.memoryMb, own.minActionMemory, own.maxActionMemory),
    logsMb: narrowed(platform.logsMb, own.minActionLogs, own.maxActionLogs),
    timeoutMs: narrowed(platform.timeoutMs, own.minActionTimeout, own.maxActionTimeout),
    concurrency: narrowed(platform.concurrency, own.minActionConcurrency, own.maxActionConcurrency),
    maxParameterBytes: capped(own.maxParameterSize, platform.maxParameterBytes),
    maxInstances: own.maxActionInstances ?? own.concurrentInvocations ?? platform.concurrentInvocations,
  }
}

/** Bytes that the arguments of one invocation may have. */
export function maxPayloadBytes(own: NamespaceLimits, platform: PlatformLimits): number {
  return own.maxPayloadSize === undefined
    ? platform.maxPayloadBytes
    : capped(own.maxPayloadSize, platform.maxPayloadBytes)
}

/** The document that `GET …/limits` shows. */
export function limitsDocument(own: NamespaceLimits, platform: PlatformLimits): JsonObject {
  const effective = effectiveLimits(own, platform)
  return {
    invocationsPerMinute: own.invocationsPerMinute ?? platform.invocationsPerMinute,
    concurrentInvocations: own.concurrentInvocations ?? platform.concurrentInvocations,
    firesPerMinute: own.firesPerMinute ?? platform.firesPerMinute,
    ...(own.allowedKinds === undefined ? {} : { allowedKinds: [...own.allowedKinds] }),
    ...(own.storeActivations === undefined ? {} : { storeActivations: own.storeActivations }),
    minActionMemory: effective.memoryMb.min,
    maxActionMemory: effective.memoryMb.max,
    minActionLogs: effective.logsMb.min,
    maxActionLogs: effective.logsMb.max,
    minActionTimeout: effective.timeoutMs.min,
    maxActionTimeout: effective.timeoutMs.max,
    minActionConcurrency: effective.concurrency.min,
    maxActionConcurrency: effective.concurrency.max,
    maxParameterSize: formatByteSize(effective.maxParameterBytes),
    maxActionInstances: effective.maxInstances,
    ...(own.maxPayloadSize === undefined ? {} : { maxPayloadSize: own.maxPayloadSize }),
    ...(own.truncationSize === undefined ? {} : { truncationSize: own.truncationSize }),
    ...(own.warmedContainerKeepingCount === undefined
      ? {}
      : { warmedContainerKeepingCount: own.warmedContainerKeepingCount }),
    ...(own.warmedContainerKeepingTimeout === undefined
      ? {}
      : { warmedContainerKeepingTimeout: own.warmedContainerKeepingTimeout }),
  }
}

function narrowed(platform: Range, min: number | undefined, max: number | undefined): Range {
  return { min: Math.max(platform.min, min ?? platform.min), max: Math.min(platform.max, max ?? platform.max) }
}

function capped(size: string | undefined, platformBytes: number): number {
  const bytes = size === undefined ? undefined : parseByteSize(size)
  return bytes === undefined ? platformBytes : Math.min(bytes, platformBytes)
}
