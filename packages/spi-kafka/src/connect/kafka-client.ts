import type { Logger } from '@stemcell/core'
import { Kafka, logLevel, type ISocketFactory, type RetryOptions, type SASLOptions } from 'kafkajs'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { KafkaSettings } from '../kafka-queue-options.ts'
import { kafkaLogger } from './kafka-logger.ts'

const KEEP_ALIVE_MS = 60_000

/** For callers that repeat on their own. kafkajs has other defaults when NODE_ENV is `test`, so all are given. */
export const SHORT_RETRY: RetryOptions = {
  initialRetryTime: 50,
  factor: 0.2,
  multiplier: 2,
  maxRetryTime: 400,
  retries: 2,
}

/**
 * For consumers, about 11 s: one that survives the restart of a broker keeps its membership, while a new one would have
 * to wait until the old one is taken for dead.
 */
export const OUTAGE_RETRY: RetryOptions = {
  initialRetryTime: 100,
  factor: 0.2,
  multiplier: 1.5,
  maxRetryTime: 1_000,
  retries: 15,
}

export interface ClientOptions {
  readonly retry: RetryOptions
  /** Called with each socket, before it is connected. */
  readonly onSocket?: (socket: Socket) => void
}

/**
 * A client of its own connections. Consumers must not share one: kafkajs keeps the offsets of a group per client, and
 * forgets them all when one of its consumers joins anew.
 */
export function kafkaClient(settings: KafkaSettings, logger: Logger, { retry, onSocket }: ClientOptions): Kafka {
  const { brokers, clientId, ssl, sasl, connectTimeoutMs, requestTimeoutMs } = settings
  return new Kafka({
    brokers,
    clientId,
    // The schema's optional members may be undefined, which TLS takes for absent.
    ssl: typeof ssl === 'boolean' ? ssl : { ...ssl },
    ...(sasl ? { sasl: sasl as SASLOptions } : {}),
    connectionTimeout: Math.min(connectTimeoutMs, 3_000),
    authenticationTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry,
    logLevel: logLevel.INFO,
    logCreator: kafkaLogger(logger),
    socketFactory: socketFactory(onSocket),
  })
}

/** kafkajs' own factory, but that small requests leave at once instead of waiting for an answer to the one before. */
function socketFactory(onSocket?: (socket: Socket) => void): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const socket = ssl
      ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
      : connect({ host, port }, onConnect)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    onSocket?.(socket)
    return socket
  }
}
