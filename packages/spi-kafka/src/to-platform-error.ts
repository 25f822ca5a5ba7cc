import { isPlatformError, PlatformError } from '@stemcell/core'

/** kafkajs wraps an error when it stops repeating; what it wrapped says what happened. */
export function rootOf(error: unknown): unknown {
  let inner = error
  while (inner instanceof Error && WRAPPERS.has(inner.name) && inner.cause instanceof Error) inner = inner.cause
  return inner
}

const WRAPPERS: ReadonlySet<string> = new Set(['KafkaJSNumberOfRetriesExceeded', 'KafkaJSNonRetriableError'])

/** The broker's name for what was wrong, e.g. `MESSAGE_TOO_LARGE`; undefined when it was not the broker that said so. */
export function brokerErrorOf(error: unknown): string | undefined {
  const root = rootOf(error)
  return root instanceof Error && 'type' in root && typeof root.type === 'string' ? root.type : undefined
}

const TOO_LARGE: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
const NOT_ALLOWED: ReadonlySet<string> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
])
const IMPOSSIBLE: ReadonlySet<string> = new Set([
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
])

/** The one place that knows the errors of kafkajs. What is already translated, or the caller's mistake, stays as it is. */
export function toPlatformError(error: unknown, doing: string): unknown {
  if (isPlatformError(error) || error instanceof TypeError) return error
  const root = rootOf(error)
  const message = root instanceof Error ? root.message : String(root)
  const type = brokerErrorOf(root)
  const fail = (code: 'ERR_TOO_LARGE' | 'ERR_CONFIG' | 'ERR_UNAVAILABLE', hint = ''): PlatformError =>
    new PlatformError(code, `@stemcell/spi-kafka, ${doing}: ${message}${hint}`, { cause: error })

  if (type !== undefined && TOO_LARGE.has(type)) return fail('ERR_TOO_LARGE')
  if (root instanceof Error && root.name === 'KafkaJSSASLAuthenticationError') {
    return fail('ERR_CONFIG', "; check option 'sasl' (mechanism, username, password)")
  }
  if (type !== undefined && NOT_ALLOWED.has(type)) {
    return fail('ERR_CONFIG', "; check option 'sasl' and what the brokers let this user do")
  }
  if (type !== undefined && IMPOSSIBLE.has(type)) return fail('ERR_CONFIG')
  return fail('ERR_UNAVAILABLE')
}
