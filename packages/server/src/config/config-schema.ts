import { DEFAULT_PLATFORM_LIMITS, type Bounds } from '@stemcell/core'
import { totalmem } from 'node:os'
import { z } from 'zod'
import { LOG_LEVELS } from '../log-level.ts'

// Every option says here what it means, in which unit, and its default; the table in the README is compared with it.

const system = DEFAULT_PLATFORM_LIMITS
const MB = 1024 ** 2

function bounds({ min, std, max }: Bounds, meta: { readonly description: string; readonly unit?: string }) {
  return z
    .strictObject({
      min: z.int().min(0).default(min),
      std: z.int().min(0).default(std),
      max: z.int().min(0).default(max),
    })
    .refine((given) => given.min <= given.std && given.std <= given.max, 'must be in the order min, std, max')
    .prefault({})
    .meta({ ...meta, shownType: 'min, std, max', shownDefault: `${min}, ${std}, ${max}` })
}

function count(least: number, value: number, description: string, unit?: string) {
  return z
    .int()
    .min(least)
    .default(value)
    .meta({ description, ...(unit === undefined ? {} : { unit }) })
}

const limits = z.strictObject({
  timeoutMs: bounds(system.timeoutMs, { description: 'Time limit of actions', unit: 'ms' }),
  memoryMb: bounds(system.memoryMb, { description: 'Memory limit of actions', unit: 'MB' }),
  logsMb: bounds(system.logsMb, { description: 'Log limit of actions', unit: 'MB' }),
  concurrency: bounds(system.concurrency, { description: 'Activations at once in one container' }),
  cpu: z
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
    }),
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

const operator = z.strictObject({ username: z.string().min(1), password: z.string().min(1).meta({ secret: true }) })

const invoker = z.strictObject({
  userMemoryMb: z
    .int()
    .min(128)
    .default(() => Math.min(8192, Math.max(1024, Math.floor(totalmem() / MB / 2))))
    .meta({
      description: 'Memory that all containers may take together',
      unit: 'MB',
      shownDefault: 'half of the machine’s, 1024 to 8192',
    }),
  userCpus: z
    .number()
    .positive()
    .optional()
    .meta({ description: 'CPU that all containers may take together', unit: 'cores', shownDefault: 'not counted' }),
  pauseGraceMs: count(0, 10_000, 'An idle container is suspended after this time', 'ms'),
  idleTimeoutMs: count(0, 600_000, 'A suspended container is destroyed after this time', 'ms'),
  maxParallelStarts: count(1, 3, 'Containers being made at once'),
  maxWaiting: count(1, 1024, 'Activations that may wait for a container before the queue is held back'),
  id: z.int().min(0).optional().meta({
    description: 'Number of an invoker of a cluster; `--id` is stronger',
    shownDefault: 'one that belongs to `uniqueName`',
  }),
  uniqueName: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,128}$/, 'must be 1 to 128 letters, digits, dots, _ or -')
    .optional()
    .meta({ description: 'Name by which an invoker of a cluster keeps its number', shownDefault: 'name of the host' }),
  port: z.int().min(0).max(65_535).optional().meta({
    description: 'Port on `host` where an invoker of a cluster answers operators and `/metrics`; 0 picks a free one',
    shownDefault: 'none',
  }),
  operator: operator.optional().meta({
    description: 'Who may enable and disable it there; needed unless `host` is this machine only',
    shownType: '`username` and `password`',
    shownDefault: 'OpenWhisk’s, which everybody knows',
  }),
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
  extraEnvironment: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Environment variables of every container', shownType: 'object of strings' }),
})

const cipherKeys = z.array(z.string().min(1).meta({ secret: true })).optional()

const parameterEncryption = z
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

const retention = z
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

function flag(value: boolean, description: string) {
  return z.boolean().default(value).meta({ description })
}

const api = z.strictObject({
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
  operator: operator.optional().meta({
    description: 'Who may `POST /disable`, to take a controller out of service',
    shownType: '`username` and `password`',
    shownDefault: 'nobody',
  }),
  requireResponsePayload: flag(true, 'Writes of actions and packages are answered with what was written'),
})

function storeLevel(description: string) {
  return z
    .enum(['always', 'failures', 'failures-not-application-errors'])
    .optional()
    .meta({ description, shownDefault: '`always`' })
}

const storeLevels = z.strictObject({
  blocking: storeLevel('Which blocking activations leave a record'),
  nonBlocking: storeLevel('Which other activations leave a record'),
})

function adapter(description: string, shownDefault: string) {
  return z
    .strictObject({ adapter: z.string().min(1), options: z.record(z.string(), z.unknown()).default({}) })
    .optional()
    .meta({ description, shownType: 'adapter', shownDefault })
}

/** What a configuration file may say. Keys that it does not know are refused. */
export const configSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').meta({ description: 'Address to listen on' }),
  port: z.int().min(0).max(65_535).default(3233).meta({ description: 'Port to listen on; 0 picks a free one' }),
  controllerId: z
    .string()
    .min(1)
    .default('0')
    .meta({ description: 'Name of a controller of a cluster, unique in it; `--id` is stronger' }),
  platformId: z.string().min(1).optional().meta({
    description: 'Tells the containers of this installation from others on the same engine',
    shownDefault: 'derived from `data`; in a cluster `stemcell`',
  }),
  data: z.string().min(1).default('stemcell-data').meta({ description: 'The data folder' }),
  authFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'File with `UUID:KEY` for namespace `guest`', shownDefault: 'a random key' }),
  logLevel: z.enum(LOG_LEVELS).default('info').meta({ description: 'Least severe log line that is written' }),
  drainMs: count(0, 30_000, 'Longest wait of a shutdown for what runs', 'ms'),
  apiHost: z
    .string()
    .min(1)
    .optional()
    .meta({ description: '`__OW_API_HOST` of actions', shownDefault: 'where the server listens' }),
  manifest: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())])
    .optional()
    .meta({
      description: 'OpenWhisk’s runtimes manifest',
      shownType: 'object, or path of a JSON file',
      shownDefault: '[what can run here](#kinds)',
    }),
  maxWaiting: count(1, 4096, 'Activations that may wait for an invoker with room; beyond that they are refused'),
  limits: limits.prefault({}),
  invoker: invoker.prefault({}),
  api: api.prefault({}),
  metrics: z.boolean().optional().meta({
    description: 'Whether `GET /metrics` answers, to anybody, in the format of Prometheus',
    shownDefault: 'where `host` is this machine only',
  }),
  userEvents: flag(false, 'Whether OpenWhisk’s user events are published on the topic `events`'),
  storeLevels: storeLevels.prefault({}),
  disableStoreResult: flag(false, 'Without `storeLevels.blocking`: only blocking activations that fail leave a record'),
  parameterEncryption,
  retention,
  stores: adapter('Entities, subjects and activation records together', '`@stemcell/spi-level` in the data folder'),
  entityStore: adapter('Actions, triggers, rules and packages', 'as `stores`'),
  subjectStore: adapter('Subjects, keys and limits of namespaces', 'as `stores`'),
  activationStore: adapter('Activation records', 'as `stores`'),
  queue: adapter('Messages between controller and invoker', 'in memory'),
  auth: adapter('Who is calling', 'keys of the subject store'),
  loadBalancer: adapter('Which invoker runs an activation', 'the least loaded'),
  containers: adapter('How containers are made', '`@stemcell/spi-process` in the data folder'),
  logStore: adapter('Where logs of activations go', 'into the activation record'),
  rateLimiter: adapter('Rates and concurrency of namespaces', 'counted in this process'),
})

/** A configuration with every default filled in. */
export type Config = z.output<typeof configSchema>

/** A part of the platform, by the package that provides it. */
export type AdapterSource = NonNullable<Config['queue']>
