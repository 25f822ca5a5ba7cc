import type { CallOptions, RuntimeReply } from '../container-factory.ts'
import { cutUtf8 } from '../cut-utf8.ts'

/**
 * Bytes of a body that are needed for its reply, when it has `bodyBytes` as far as is known. Of one that is cut, one more
 * than is handed over: it tells whether the cut falls inside a character.
 */
export function neededBytes(bodyBytes: number, { maxReplyBytes, truncateAtBytes }: CallOptions): number {
  return bodyBytes > maxReplyBytes ? Math.min(bodyBytes, truncateAtBytes + 1) : bodyBytes
}

/** The reply whose body, as far as it is needed, is `bytes` from `start` to `end`. */
export function replyOf(
  status: number,
  bytes: Buffer,
  start: number,
  end: number,
  bodyBytes: number,
  { maxReplyBytes, truncateAtBytes }: CallOptions,
  silent: boolean,
  brief = false,
): RuntimeReply {
  const truncated = bodyBytes > maxReplyBytes
  const body = truncated
    ? cutUtf8(bytes.subarray(start, end), truncateAtBytes).toString()
    : bytes.toString('utf8', start, end)
  if (brief) return { status, body, bodyBytes, truncated, silent, brief }
  return silent ? { status, body, bodyBytes, truncated, silent } : { status, body, bodyBytes, truncated }
}
