import {
  invokerFront,
  PlatformError,
  tellRefusedConnections,
  renewedServer,
  SystemClock,
  type Invoker,
  type Logger,
} from '@stemcell/core'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config/config-schema.ts'
import { isLoopback } from '../is-loopback.ts'
import type { PrometheusMetrics } from '@stemcell/metrics-prometheus'

/** Operators and Prometheus are few, and the rest of the descriptors belongs to containers. */
const MAX_CONNECTIONS = 64

/** A port on which an invoker answers operators and Prometheus. */
export interface InvokerPort {
  readonly url: string
  close(): Promise<void>
}

/** @throws ERR_CONFIG strangers could reach the port, and the password is the one that everybody knows. */
export function requireOperator({ host, invoker: { port, operator } }: Config): void {
  if (port === undefined || operator || isLoopback(host)) return
  const fix = 'say who may enable and disable the invoker, or listen on 127.0.0.1'
  throw new PlatformError('ERR_CONFIG', `invoker.operator: the invoker listens on ${host}: ${fix}`)
}

/** Listens where the configuration says; undefined when it names no port. @throws ERR_CONFIG the port cannot be had. */
export async function openFront(
  { host, tls, invoker: { port, operator } }: Config,
  invoker: Invoker,
  metrics: PrometheusMetrics,
  logger: Logger,
): Promise<InvokerPort | undefined> {
  if (port === undefined) return undefined
  const open = [{ path: metrics.route.path, handle: () => metrics.read() }]
  const handle = invokerFront({ invoker, logger, open, ...(operator && { credentials: operator }) })
  const clock = new SystemClock()
  const secure = tls && (await renewedServer(tls, { handle, http: {}, clock, logger }))
  const server = secure?.server ?? createServer(handle)
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    const refused = (cause: NodeJS.ErrnoException): void => {
      const why =
        cause.code === 'EADDRINUSE' ? 'is in use; choose another with --port' : `cannot be used (${cause.code})`
      reject(new PlatformError('ERR_CONFIG', `invoker.port: ${host}:${port} ${why}`, { cause }))
    }
    server.once('error', refused)
    server.listen(port, host, () => {
      server.off('error', refused)
      resolve()
    })
  })
  tellRefusedConnections(server, logger, clock)
  const { port: actual } = server.address() as AddressInfo
  return {
    url: `http${tls ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        secure?.certificate.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
