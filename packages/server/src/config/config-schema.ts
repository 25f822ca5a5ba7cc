import { settingsSchemas } from '@stemcell/core'
import { totalmem } from 'node:os'
import { gatewayOptions } from '@stemcell/gateway'
import { z } from '@stemcell/core/schema'
import { LOG_LEVELS } from '../log-level.ts'

// Every option says what it means, in which unit, and its default; the table in the README is compared with it. What
// code may set as well is described by core.

const MB = 1024 ** 2

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
  ...settingsSchemas.invokerShape,
  id: settingsSchemas.invokerId.meta({
    description: 'Number of an invoker of a cluster; `--id` is stronger',
    shownDefault: 'one that belongs to `uniqueName`',
  }),
  uniqueName: settingsSchemas.uniqueNameSchema.meta({
    description: 'Name by which an invoker of a cluster keeps its number',
    shownDefault: 'name of the host',
  }),
  port: z.int().min(0).max(65_535).optional().meta({
    description: 'Port on `host` where an invoker of a cluster answers operators and `/metrics`; 0 picks a free one',
    shownDefault: 'none',
  }),
  operator: settingsSchemas.operatorSchema.optional().meta({
    description: 'Who may enable and disable it there; needed unless `host` is this machine only',
    shownType: '`username` and `password`',
    shownDefault: 'OpenWhisk’s, which everybody knows',
  }),
  ...settingsSchemas.invokerNameShape,
  ...settingsSchemas.invokerEnvironmentShape,
})

const tls = z.strictObject({
  cert: z.string().min(1).meta({
    description: '[Certificate](#tls) in PEM, those that sign it behind it; a renewed file is used at once',
    shownDefault: 'no TLS',
  }),
  key: z.string().min(1).meta({ description: 'Its key in PEM, without a passphrase', shownDefault: 'no TLS' }),
  redirectPort: z.int().min(0).max(65_535).optional().meta({
    description: 'Port of plain HTTP that only says where HTTPS is',
    shownDefault: 'none',
  }),
})

function adapter(description: string, shownDefault: string) {
  return z
    .strictObject({ adapter: z.string().min(1), options: z.record(z.string(), z.unknown()).default({}) })
    .optional()
    .meta({ description, shownType: 'adapter', shownDefault })
}

const systemPackage = z.union([
  z.literal(false),
  z.strictObject({ adapter: z.string().min(1).optional(), options: z.record(z.string(), z.unknown()).default({}) }),
])

const gateway = z
  .union([z.literal(false), gatewayOptions.omit({ anyPort: true, drainMs: true, tls: true })])
  .optional()
  .meta({
    description: 'Where [APIs](#apis) are served: `port`, `host`, `url`, `hosts` …; false: nowhere',
    shownType: 'object, or false',
    shownDefault: 'port 9001, or a free one; in a cluster nowhere',
  })

/** What a configuration file may say. Keys that it does not know are refused. */
export const configSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').meta({ description: 'Address to listen on' }),
  port: z.int().min(0).max(65_535).default(3233).meta({ description: 'Port to listen on; 0 picks a free one' }),
  tls: tls.optional(),
  insecure: z.boolean().default(false).meta({
    description:
      'Whether others than this machine may be served without TLS, as behind a proxy; `--insecure` says so too',
  }),
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
  drainMs: z.int().min(0).default(30_000).meta({ description: 'Longest wait of a shutdown for what runs', unit: 'ms' }),
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
  maxWaiting: settingsSchemas.maxWaitingSchema,
  limits: settingsSchemas.limitsSchema.prefault({}),
  invoker: invoker.prefault({}),
  api: settingsSchemas.apiSchema
    .extend({
      operationalRoutes: z.boolean().optional().meta({
        description: 'Whether `/invokers…` and `/activation…` answer, to anybody',
        shownDefault: 'where `host` is this machine only',
      }),
    })
    .prefault({}),
  metrics: z.boolean().optional().meta({
    description: 'Whether `GET /metrics` answers, to anybody, in the format of Prometheus',
    shownDefault: 'where `host` is this machine only',
  }),
  console: z.boolean().optional().meta({
    description: 'Whether the [console](#the-console) is served at `/console`',
    shownDefault: 'where `host` is this machine only',
  }),
  telemetry: z
    .union([z.literal(false), z.record(z.string(), z.unknown())])
    .optional()
    .meta({
      description:
        'Traces and metrics for a collector of [OpenTelemetry](#opentelemetry): `endpoint`, `sampleRatio` …; false: none',
      shownType: 'object, or false',
      shownDefault: 'none, unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set',
    }),
  userEvents: settingsSchemas.userEventsSchema,
  storeLevels: settingsSchemas.storeLevelsSchema.prefault({}),
  disableStoreResult: settingsSchemas.disableStoreResultSchema,
  parameterEncryption: settingsSchemas.parameterEncryptionSchema,
  retention: settingsSchemas.retentionSchema,
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
  poolPolicy: adapter('Which containers an invoker keeps, and how many it has ready', 'fixed times, as `invoker` says'),
  systemPackages: z.record(z.string(), systemPackage).default({}).meta({
    description: 'Packages of `whisk.system` that the platform brings, by name: false leaves one out',
    shownType: 'object of adapters, or false',
    shownDefault: '`alarms`, `utils`, `samples`, `combinators`',
  }),
  gateway,
})

/** A configuration with every default filled in. */
export type Config = z.output<typeof configSchema>

/** A part of the platform, by the package that provides it. */
export type AdapterSource = NonNullable<Config['queue']>
