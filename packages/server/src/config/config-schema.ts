import { z } from 'zod'

const bounds = z.strictObject({ min: z.number().min(0), std: z.number().min(0), max: z.number().min(0) })

const limits = z.strictObject({
  timeoutMs: bounds.optional(),
  memoryMb: bounds.optional(),
  logsMb: bounds.optional(),
  concurrency: bounds.optional(),
  cpu: z.strictObject({ min: z.number().positive(), max: z.number().positive() }).optional(),
  invocationsPerMinute: z.int().min(0).optional(),
  concurrentInvocations: z.int().min(0).optional(),
  firesPerMinute: z.int().min(0).optional(),
  sequenceLength: z.int().min(1).optional(),
  maxParameterBytes: z.int().min(1).optional(),
  maxExecBytes: z.int().min(1).optional(),
  maxPayloadBytes: z.int().min(1).optional(),
  truncationBytes: z.int().min(1).optional(),
  messageOverheadBytes: z.int().min(0).optional(),
  maxRequestBytes: z.int().min(1).optional(),
  listDefault: z.int().min(1).optional(),
  listMax: z.int().min(1).optional(),
  maxBlockingWaitMs: z.int().min(1).optional(),
  maxInlineCodeBytes: z.int().min(0).optional(),
  completionTimeoutFactor: z.number().min(1).optional(),
  completionTimeoutAddonMs: z.int().min(0).optional(),
})

const invoker = z.strictObject({
  userMemoryMb: z.int().min(128).optional(),
  userCpus: z.number().positive().optional(),
  pauseGraceMs: z.int().min(0).optional(),
  idleTimeoutMs: z.int().min(0).optional(),
  maxParallelStarts: z.int().min(1).optional(),
  maxWaiting: z.int().min(1).optional(),
  extraEnvironment: z.record(z.string(), z.string()).optional(),
})

/** A part of the platform by the package that provides it. */
const adapter = z.strictObject({
  /** Name of an installed package. */
  adapter: z.string().min(1),
  /** Checked by the adapter's own schema. */
  options: z.record(z.string(), z.unknown()).default({}),
})

/** What a configuration file may say. Keys that it does not know are refused. */
export const configSchema = z.strictObject({
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
  /** Folder of the embedded store, the guest key and the sockets of process containers. */
  data: z.string().min(1).optional(),
  /** File that holds `UUID:KEY` for the guest namespace. */
  authFile: z.string().min(1).optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).optional(),
  /** The longest that a shutdown waits for what runs, ms. */
  drainMs: z.int().min(0).optional(),
  /** `__OW_API_HOST` of actions, when it is not where the server listens. */
  apiHost: z.string().min(1).optional(),
  limits: limits.optional(),
  /** OpenWhisk's runtimes manifest: the object itself, or the path of a JSON file. */
  manifest: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
  invoker: invoker.optional(),
  maxWaiting: z.int().min(1).optional(),
  queue: adapter.optional(),
  /** Entities, subjects and activations together. */
  stores: adapter.optional(),
  entityStore: adapter.optional(),
  subjectStore: adapter.optional(),
  activationStore: adapter.optional(),
  auth: adapter.optional(),
  loadBalancer: adapter.optional(),
  containers: adapter.optional(),
  logStore: adapter.optional(),
  rateLimiter: adapter.optional(),
})

export type Config = z.output<typeof configSchema>
