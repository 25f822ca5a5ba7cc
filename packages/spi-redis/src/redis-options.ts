import { PlatformError } from '@stemcell/core'
import { z } from '@stemcell/core/schema'

const MB = 1024 ** 2
const DAY_MS = 86_400_000

const text = z.string().min(1)
const secret = text.meta({ secret: true })
const port = z.int().min(1).max(65_535)

const tls = z.strictObject({
  /** Certificates, PEM, of whom to trust instead of the system's. */
  ca: text.optional(),
  cert: text.optional(),
  key: secret.optional(),
  servername: text.optional(),
  rejectUnauthorized: z.boolean().optional(),
})

const connectionShape = {
  url: z
    .string()
    .regex(/^rediss?:\/\/./, 'must begin with redis:// or rediss://')
    .refine((value) => URL.canParse(value), 'must be a URL')
    .meta({ secret: true })
    .optional(),
  host: text.optional(),
  port: port.optional(),
  path: text.optional(),
  sentinels: z
    .array(z.strictObject({ host: text, port: port.default(26_379) }))
    .min(1)
    .optional(),
  name: text.optional(),
  sentinelUsername: text.optional(),
  sentinelPassword: secret.optional(),
  username: text.optional(),
  password: secret.optional(),
  tls: z.union([z.boolean(), tls]).optional(),
  db: z.int().min(0).optional(),
  keyPrefix: z
    .string()
    .regex(/^[^{}\s]+$/, 'must not be empty nor hold braces or blanks')
    .default('stemcell'),
  connectionName: z
    .string()
    .regex(/^[!-~]+$/, 'must be printable ASCII without blanks')
    .default('stemcell'),
  connectTimeoutMs: z.int().min(1).max(600_000).default(10_000),
  commandTimeoutMs: z.int().min(1).max(600_000).default(10_000),
}

type Connection = z.output<z.ZodObject<typeof connectionShape>>

/** One way to the server, and nothing that contradicts it. */
function oneAddress(options: Connection, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [path], message })
  }
  const ways = (['url', 'host', 'path', 'sentinels'] as const).filter((way) => options[way] !== undefined)
  if (ways.length === 0) refuse('url', 'name the server by url, host, path or sentinels')
  if (ways.length > 1) refuse(ways[1]!, `cannot stand beside ${ways[0]}`)
  if (options.port !== undefined && options.host === undefined) refuse('port', 'needs host')
  if ((options.sentinels === undefined) !== (options.name === undefined)) {
    refuse('name', 'the name of the primary, and sentinels, need each other')
  }
  if (options.username !== undefined && options.password === undefined) refuse('password', 'needed beside username')
}

/** What every part takes: where Redis is, and how to be let in. */
export const redisConnectionOptions = z.strictObject(connectionShape).superRefine(oneAddress)

export const redisQueueOptions = z
  .strictObject({
    ...connectionShape,
    leaseMs: z.int().min(100).max(3_600_000).default(30_000),
    maxBodyBytes: z
      .int()
      .min(1)
      .max(256 * MB)
      .default(16 * MB),
    retentionMs: z
      .int()
      .min(1)
      .default(2 * DAY_MS),
    retentionBytes: z
      .int()
      .min(1)
      .default(256 * MB),
  })
  .superRefine(oneAddress)

export const redisRateLimiterOptions = z
  .strictObject({ ...connectionShape, leaseMs: z.int().min(100).max(3_600_000).default(30_000) })
  .superRefine(oneAddress)

export type RedisConnectionOptions = z.input<typeof redisConnectionOptions>
export type RedisQueueOptions = z.input<typeof redisQueueOptions>
export type RedisRateLimiterOptions = z.input<typeof redisRateLimiterOptions>

export type RedisConnectionSettings = Readonly<Connection>
export type RedisQueueSettings = Readonly<z.output<typeof redisQueueOptions>>
export type RedisRateLimiterSettings = Readonly<z.output<typeof redisRateLimiterOptions>>

export const ADAPTER = { name: '@stemcell/spi-redis', core: '^0.1.0' } as const

/** @throws ERR_CONFIG names each option that is wrong and its rule, never its value. */
export function parseOptions<S extends z.ZodType>(schema: S, options: unknown): z.output<S> {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`)
  throw new PlatformError('ERR_CONFIG', `${ADAPTER.name}: ${problems.join('; ')}`)
}
