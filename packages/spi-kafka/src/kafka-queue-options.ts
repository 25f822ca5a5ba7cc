import { parseOptions } from '@stemcell/core'
import { z } from '@stemcell/core/schema'

/** OpenWhisk's default: a payload of 1 MiB and 6,068 bytes of message around it. */
const DEFAULT_MAX_BODY_BYTES = 1_054_644

const password = z.string().min(1).meta({ secret: true })

const sasl = z.union(
  [
    z.strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: z.string().min(1),
      password,
    }),
    z.strictObject({
      mechanism: z.literal('oauthbearer'),
      /** Called for each connection; from code only, a configuration file cannot name it. */
      oauthBearerProvider: z.custom<() => Promise<{ readonly value: string }>>(
        (value) => typeof value === 'function',
        'must be a function',
      ),
    }),
  ],
  "needs a mechanism ('plain', 'scram-sha-256', 'scram-sha-512' with username and password, or 'oauthbearer' with oauthBearerProvider)",
)

const tls = z.strictObject({
  /** Certificates in PEM of the authorities to trust instead of the well-known ones. */
  ca: z.union([z.string(), z.array(z.string())]).optional(),
  /** Certificate and key of this client in PEM, where the brokers ask for one. */
  cert: z.string().optional(),
  key: z.string().meta({ secret: true }).optional(),
  passphrase: z.string().meta({ secret: true }).optional(),
  /** Name to expect in the brokers' certificates instead of the host's. */
  servername: z.string().optional(),
  rejectUnauthorized: z.boolean().optional(),
})

export const kafkaQueueOptions = z.strictObject({
  /** `host:port` of brokers to ask for the others; one suffices, several survive its absence. */
  brokers: z.array(z.string().regex(/^\S+:\d{1,5}$/, "must be 'host:port'")).min(1),
  /** How this program is called in the brokers' logs and quotas. */
  clientId: z.string().min(1).default('stemcell'),
  /** `true`: TLS with the well-known authorities. */
  ssl: z.union([z.boolean(), tls]).default(false),
  sasl: sasl.optional(),
  /** Who must have a message before it counts as accepted: all replicas in sync, or the leader alone. */
  acks: z.enum(['all', 'leader']).default('all'),
  /** Of topics that are created; default: the brokers'. */
  replicationFactor: z.int().min(1).max(32_767).optional(),
  /** Put before the name of every topic and group, so that several platforms can share a cluster. */
  topicPrefix: z
    .string()
    .regex(/^[a-zA-Z0-9._-]*$/, 'only letters, digits, dot, underscore and dash')
    .default(''),
  /** Largest body, bytes. */
  maxBodyBytes: z
    .int()
    .min(1)
    .max(64 * 1024 ** 2)
    .default(DEFAULT_MAX_BODY_BYTES),
  /** Unacknowledged messages that a subscription holds at most, those included that wait for one of their key. */
  maxHeldMessages: z.int().min(1).max(1_000_000).default(5_000),
  /** How long `open()` tries to reach a broker. */
  connectTimeoutMs: z.int().min(1).max(600_000).default(5_000),
  /** How long one request to a broker may take. */
  requestTimeoutMs: z.int().min(100).max(600_000).default(10_000),
  /** How long `publish` tries while it is certain that no broker has the message. */
  publishTimeoutMs: z.int().min(1).max(600_000).default(10_000),
  /** How long `subscribe` may take; it has to wait for members of the group that died, see `sessionTimeoutMs`. */
  subscribeTimeoutMs: z.int().min(1).max(3_600_000).default(60_000),
  /** After this time without a sign of life a subscriber is taken for dead, and another gets its messages. */
  sessionTimeoutMs: z.int().min(1_000).max(3_600_000).default(10_000),
  /** How long an acknowledgement may stay unrecorded; what a crash loses is delivered again. */
  commitDelayMs: z.int().min(0).max(60_000).default(100),
})

export type KafkaQueueOptions = z.input<typeof kafkaQueueOptions>

/** Options after defaults. */
export type KafkaSettings = Readonly<z.output<typeof kafkaQueueOptions>>

/** @throws ERR_CONFIG names each option that is wrong and its rule, never its value. */
export function parseKafkaOptions(options: unknown): KafkaSettings {
  return parseOptions('@stemcell/spi-kafka', kafkaQueueOptions, options)
}
