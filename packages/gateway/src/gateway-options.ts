import { z } from '@stemcell/core/schema'

const url = z.url({ protocol: /^https?$/ })

/** Options of `gateway()`, as a configuration file gives them. */
export const gatewayOptions = z.strictObject({
  /** Address to listen on. Default: 127.0.0.1. */
  host: z.string().min(1).optional(),
  /** Port to listen on; 0 picks a free one. Without a port, APIs are kept but served elsewhere: then `url` is needed. */
  port: z.int().min(0).max(65_535).optional(),
  /** Whether a free port is taken instead of one that is in use. */
  anyPort: z.boolean().default(false),
  /** Files with a certificate and its key: the APIs are served over TLS, with renewed files at once. */
  tls: z.strictObject({ cert: z.string().min(1), key: z.string().min(1) }).optional(),
  /** Where clients reach the gateway, as `gwApiUrl` tells them. Default: where it listens. */
  url: url.optional(),
  /** Namespaces whose APIs are served on a host of their own, without `/api/<namespace>` in the path. */
  hosts: z.record(z.string().min(1), z.string().min(1)).default({}),
  /** A back end that has not answered by then is given up, ms. Shorter than the wait of web actions, which is 60 s. */
  timeoutMs: z.int().min(1).max(600_000).default(59_000),
  /** Shorter answers are not compressed, bytes. */
  gzipFromBytes: z.int().min(0).default(1_024),
  /** Longest wait of a close for requests that are being answered, ms. */
  drainMs: z.int().min(0).default(5_000),
})

export type GatewayOptions = z.input<typeof gatewayOptions>
export type GatewaySettings = z.output<typeof gatewayOptions>
