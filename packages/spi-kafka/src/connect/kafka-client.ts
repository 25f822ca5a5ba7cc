import type { Logger } from '@stemcell/core'
import { Kafka, logLevel, type ISocketFactory, type RetryOptions, type SASLOptions } from 'kafkajs'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { KafkaSettings } from '../kafka-queue-options.ts'
import { kafkaLogger } from './kafka-logger.ts'
import { quietRequestQueues } from './quiet-request-queues.ts'

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

export interface KafkaClient {
  readonly kafka: Kafka
  /** Cuts all its connections and lets it make no more. kafkajs itself waits for brokers that do not answer. */
  readonly abandon: () => void
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
export function kafkaClient(settings: KafkaSettings, logger: Logger, { retry, onSocket }: ClientOptions): KafkaClient {
  const { brokers, clientId, ssl, sasl, connectTimeoutMs, requestTimeoutMs } = settings
  quietRequestQueues()
  const sockets = new SocketMaker(onSocket)
  const kafka = new Kafka({
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
    socketFactory: sockets.make,
  })
  return { kafka, abandon: () => sockets.abandon() }
}

class SocketMaker {
  readonly #onSocket: ((socket: Socket) => void) | undefined
  readonly #open = new Set<Socket>()
  #abandoned = false

  constructor(onSocket: ((socket: Socket) => void) | undefined) {
    this.#onSocket = onSocket
  }

  /** As kafkajs does it itself, but that small requests leave at once instead of waiting for the answer before. */
  readonly make: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.#abandoned) throw new Error('the client was closed')
    const socket = ssl
      ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
      : connect({ host, port }, onConnect)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    this.#onSocket?.(socket)
    return socket
  }

  abandon(): void {
    this.#abandoned = true
    for (const socket of this.#open) {
      // kafkajs learns of it through the error, unless it has hung up itself.
      socket.destroy(socket.writableEnded ? undefined : new Error('the client was closed'))
    }
  }
}
