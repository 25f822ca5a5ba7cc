import * as z from '../../zod/index.ts'
import { DEFAULT_PLATFORM_LIMITS, type Bounds } from '../../model/platform-limits.ts'

// What may be set by code and by a configuration file alike. The server's table of options is made of what `meta` says.

const system = DEFAULT_PLATFORM_LIMITS

interface Meta {
  readonly description: string
  readonly unit?: string
}

function count(least: number, value: number, description: string, unit?: string) {
  return z
    .int()
    .min(least)
    .default(value)
    .meta({ description, ...(unit === undefined ? {} : { unit }) })
}

function flag(value: boolean, description: string) {
  return z.boolean().default(value).meta({ description })
}

/** Those that are not given are the system's; `std` follows where a bound that is given leaves it no place. */
function bounds(defaults: Bounds, meta: Meta) {
  const bound = z.int().min(0).optional()
  return z
    .strictObject(
      { min: bound, std: bound, max: bound },
      { error: objectOf('{ min, std, max }, of which any may be left out') },
    )
    .transform(({ min = defaults.min, std, max = defaults.max }, context) => {
      const merged = { min, std: std ?? Math.min(Math.max(defaults.std, min), max), max }
      if (!(min <= merged.std && merged.std <= max)) {
        const message = `must be in the order min, std, max: with what was not given it is ${min}, ${merged.std}, ${max}`
        context.addIssue({ code: 'custom', message })
      }
      return merged
    })
    .prefault({})
    .meta({ ...meta, shownType: 'min, std, max', shownDefault: `${defaults.min}, ${defaults.std}, ${defaults.max}` })
}

function objectOf(form: string): z.core.$ZodErrorMap {
  return ({ code }) => (code === 'invalid_type' ? `give an object ${form}` : undefined)
}

const cpu = z
  .strictObject({
    min: z.number().positive().default(system.cpu.min),
    max: z.number().positive().default(system.cpu.max),
  })
  .refine((given) => given.min <= given.max, 'must be in the order min, max')
  .prefault({})
  .meta({
    description: 'CPU that an action may ask for',
    unit: 'cores',
    shownType: 'min, max',
    shownDefault: `${system.cpu.min}, ${system.cpu.max}`,
  })

/** Yields whole limits: what is not given is the system's. */
export const limitsSchema = z.strictObject({
  timeoutMs: bounds(system.timeoutMs, { description: 'Time limit of actions', unit: 'ms' }),
  memoryMb: bounds(system.memoryMb, { description: 'Memory limit of actions', unit: 'MB' }),
  logsMb: bounds(system.logsMb, { description: 'Log limit of actions', unit: 'MB' }),
  concurrency: bounds(system.concurrency, { description: 'Activations at once in one container' }),
  cpu,
  invocationsPerMinute: count(0, system.invocationsPerMinute, 'Invocations that a namespace may make', 'per minute'),
  concurrentInvocations: count(0, system.concurrentInvocations, 'Invocations of a namespace at once'),
  firesPerMinute: count(0, system.firesPerMinute, 'Triggers that a namespace may fire', 'per minute'),
  sequenceLength: count(1, system.sequenceLength, 'Actions in a sequence'),
  maxParameterBytes: count(1, system.maxParameterBytes, 'Parameters, and annotations, of an entity', 'bytes'),
  maxExecBytes: count(1, system.maxExecBytes, 'Code of an action', 'bytes'),
  maxPayloadBytes: count(1, system.maxPayloadBytes, 'Arguments of an invocation, and its result', 'bytes'),
  truncationBytes: count(1, system.truncationBytes, 'What is kept of a result that is too long', 'bytes'),
  messageOverheadBytes: count(0, system.messageOverheadBytes, 'Room in a message beside the arguments', 'bytes'),
  maxRequestBytes: count(1, system.maxRequestBytes, 'Body of any request', 'bytes'),
  listDefault: count(1, system.listDefault, 'Length of a listing that asks for none'),
  listMax: count(1, system.listMax, 'Length of the longest listing'),
  maxBlockingWaitMs: count(1, system.maxBlockingWaitMs, 'Longest wait of a blocking invocation', 'ms'),
  maxInlineCodeBytes: count(0, system.maxInlineCodeBytes, 'Longer code is kept apart from its action', 'bytes'),
  completionTimeoutFactor: z
    .number()
    .min(1)
    .default(system.completionTimeoutFactor)
    .meta({ description: 'An activation is given up after its time limit times this, plus the next' }),
  completionTimeoutAddonMs: count(0, system.completionTimeoutAddonMs, 'See `completionTimeoutFactor`', 'ms'),
})

export const operatorSchema = z.strictObject({
  username: z.string().min(1),
  password: z.string().min(1).meta({ secret: true }),
})

/** What an invoker may be told about its containers, but for their memory, which has no default here. */
export const invokerShape = {
  userCpus: z
    .number()
    .positive()
    .optional()
    .meta({ description: 'CPU that all containers may take together', unit: 'cores', shownDefault: 'not counted' }),
  pauseGraceMs: count(0, 10_000, 'An idle container is suspended after this time', 'ms'),
  idleTimeoutMs: count(0, 600_000, 'A suspended container is destroyed after this time', 'ms'),
  maxParallelStarts: count(1, 3, 'Containers being made at once'),
  maxWaiting: count(0, 1024, 'Activations that may wait for a container before the queue is held back'),
  maxRunsBehind: count(0, 31, 'Brief runs that may wait in a container behind another one; 0: none'),
}

export const invokerEnvironmentShape = {
  extraEnvironment: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Environment variables of every container', shownType: 'object of strings' }),
}

/** Who an invoker is, apart from its number and unique name. */
export const invokerNameShape = {
  displayedName: z.string().min(1).optional().meta({ description: 'Shown beside the number', shownDefault: 'none' }),
  tags: z.array(z.string().min(1)).default([]).meta({
    description: 'Told to load balancers',
    shownType: 'list of strings',
    shownDefault: 'none',
  }),
  dedicatedNamespaces: z.array(z.string().min(1)).default([]).meta({
    description: 'The only namespaces whose actions an invoker runs',
    shownType: 'list of strings',
    shownDefault: 'all',
  }),
}

/** The number of an invoker. */
export const invokerId = z.int().min(0).optional()

export const uniqueNameSchema = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{1,128}$/, 'must be 1 to 128 letters, digits, dots, _ or -')
  .optional()

const cipherKeys = z.array(z.string().min(1).meta({ secret: true })).optional()

export const parameterEncryptionSchema = z
  .strictObject({
    current: z.enum(['off', 'noop', 'aes-128', 'aes-256']).default('off').meta({
      description: 'What default parameters of actions and packages are encrypted with when they are written',
    }),
    keys: z.strictObject({ 'aes-128': cipherKeys, 'aes-256': cipherKeys }).default({}).meta({
      description: 'Keys in base64 by algorithm; the first encrypts, all decrypt',
      shownType: 'object of lists',
      shownDefault: 'none',
    }),
  })
  .prefault({})

export const retentionSchema = z
  .union([
    z.literal(false),
    z.strictObject({
      maxAgeMs: z.int().min(1).optional(),
      maxPerNamespace: z.int().min(0).optional(),
      everyMs: z.int().min(1).optional(),
    }),
  ])
  .optional()
  .meta({
    description: 'Which activation records are kept: `maxAgeMs`, `maxPerNamespace`, or false for all',
    shownType: 'object, or false',
    shownDefault: 'those of 7 days',
  })

export const apiSchema = z.strictObject({
  kindWhitelist: z.array(z.string().min(1)).default([]).meta({
    description: 'Kinds that actions may have',
    shownType: 'list of strings',
    shownDefault: 'every kind',
  }),
  operationalRoutes: flag(true, 'Whether `/invokers…` and `/activation…` answer, to anybody'),
  readyFraction: z.number().min(0).max(1).default(1).meta({
    description: 'Share of the invokers that must be up for `/invokers/ready`',
  }),
  sharedPackagesExecuteOnly: flag(false, 'Packages of others can be bound and used, but not read'),
  requireApiKeyAnnotation: flag(true, 'New actions get no API key unless they ask for it'),
  operator: operatorSchema.optional().meta({
    description: 'Who may `POST /disable`, to take a controller out of service',
    shownType: '`username` and `password`',
    shownDefault: 'nobody',
  }),
  requireResponsePayload: flag(true, 'Writes of actions and packages are answered with what was written'),
  bodyMemoryBytes: z.int().min(1).optional().meta({
    description: 'Request bodies in memory over all connections; who would go beyond is refused with 503',
    unit: 'bytes',
    shownDefault: '268435456, or `limits.maxRequestBytes` if more',
  }),
})

function storeLevel(description: string) {
  return z
    .enum(['always', 'failures', 'failures-not-application-errors'])
    .optional()
    .meta({ description, shownDefault: '`always`' })
}

export const storeLevelsSchema = z.strictObject({
  blocking: storeLevel('Which blocking activations leave a record'),
  nonBlocking: storeLevel('Which other activations leave a record'),
})

export const maxWaitingSchema = count(
  0,
  4096,
  'Activations that may wait for an invoker with room; beyond that they are refused',
)

export const userEventsSchema = flag(false, 'Whether OpenWhisk’s user events are published on the topic `events`')

export const disableStoreResultSchema = flag(
  false,
  'Without `storeLevels.blocking`: only blocking activations that fail leave a record',
)
