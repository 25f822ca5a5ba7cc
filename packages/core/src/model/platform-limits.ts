import { MB } from './byte-size.ts'

/** The bounds of the whole platform. OpenWhisk's configuration keys are named with each. */
export interface PlatformLimits {
  /** `whisk.time-limit`, ms. */
  readonly timeoutMs: Bounds
  /** `whisk.memory`, MB. */
  readonly memoryMb: Bounds
  /** `whisk.log-limit`, MB. */
  readonly logsMb: Bounds
  /** `whisk.concurrency-limit`: activations at once in one container. */
  readonly concurrency: Bounds
  /** Share of a core an action may ask for; an addition, there is no default. */
  readonly cpu: { readonly min: number; readonly max: number }
  /** `limits.actions.invokes.perMinute`. */
  readonly invocationsPerMinute: number
  /** `limits.actions.invokes.concurrent`. */
  readonly concurrentInvocations: number
  /** `limits.triggers.fires.perMinute`. */
  readonly firesPerMinute: number
  /** `limits.actions.sequence.maxLength`. */
  readonly sequenceLength: number
  /** `whisk.parameter-size-limit`, bytes; parameters and annotations each. */
  readonly maxParameterBytes: number
  /** `whisk.exec-size-limit`, bytes. */
  readonly maxExecBytes: number
  /** `whisk.activation.payload.max`, bytes; of a request as of a result. */
  readonly maxPayloadBytes: number
  /** `whisk.activation.payload.truncation`, bytes kept of a result that is too long. */
  readonly truncationBytes: number
  /** `whisk.activation.serdes-overhead`, bytes around a payload in a message. */
  readonly messageOverheadBytes: number
  /** `pekko.http.server.parsing.max-content-length`, bytes of any request body. */
  readonly maxRequestBytes: number
  /** `whisk.query-limit`. */
  readonly listDefault: number
  readonly listMax: number
  /** `whisk.controller.activation.max-wait-for-blocking-activation`, ms. */
  readonly maxBlockingWaitMs: number
  /** `whisk.db.max-inline-size`, bytes: longer code becomes an attachment. */
  readonly maxInlineCodeBytes: number
  /** `whisk.loadbalancer.timeout-factor` and `timeout-addon`: how long a completion is waited for. */
  readonly completionTimeoutFactor: number
  readonly completionTimeoutAddonMs: number
}

/** Least, default and most of what an action may ask for. */
export interface Bounds {
  readonly min: number
  readonly std: number
  readonly max: number
}

/** OpenWhisk’s defaults. */
export const DEFAULT_PLATFORM_LIMITS: PlatformLimits = {
  timeoutMs: { min: 100, std: 60_000, max: 300_000 },
  memoryMb: { min: 128, std: 256, max: 512 },
  logsMb: { min: 0, std: 10, max: 10 },
  concurrency: { min: 1, std: 1, max: 1 },
  cpu: { min: 0.01, max: 64 },
  invocationsPerMinute: 60,
  concurrentInvocations: 30,
  firesPerMinute: 60,
  sequenceLength: 50,
  maxParameterBytes: MB,
  maxExecBytes: 48 * MB,
  maxPayloadBytes: MB,
  truncationBytes: MB,
  messageOverheadBytes: 6068,
  maxRequestBytes: 50 * MB,
  listDefault: 30,
  listMax: 200,
  maxBlockingWaitMs: 60_000,
  maxInlineCodeBytes: 16 * 1024,
  completionTimeoutFactor: 2,
  completionTimeoutAddonMs: 60_000,
}
