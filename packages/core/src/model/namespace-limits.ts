/**
 * Limits of one namespace, as in the `<namespace>/limits` document of the subjects database. Every field is optional;
 * an absent one means the system's value. Memory and logs in MB, times in ms, sizes as text such as `1 MB`.
 */
export interface NamespaceLimits {
  readonly invocationsPerMinute?: number
  readonly concurrentInvocations?: number
  readonly firesPerMinute?: number
  readonly allowedKinds?: readonly string[]
  readonly storeActivations?: boolean
  readonly minActionMemory?: number
  readonly maxActionMemory?: number
  readonly minActionLogs?: number
  readonly maxActionLogs?: number
  readonly minActionTimeout?: number
  readonly maxActionTimeout?: number
  readonly minActionConcurrency?: number
  readonly maxActionConcurrency?: number
  readonly maxParameterSize?: string
  readonly maxPayloadSize?: string
  readonly truncationSize?: string
  readonly warmedContainerKeepingCount?: number
  readonly warmedContainerKeepingTimeout?: string
  readonly maxActionInstances?: number
}
