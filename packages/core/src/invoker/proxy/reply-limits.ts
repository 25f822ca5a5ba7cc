import type { CallOptions } from '../../container/container-factory.ts'
import type { ActivationMessage } from '../../messages/activation-message.ts'
import { parseByteSize } from '../../model/byte-size.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'

export type ReplyLimits = Pick<CallOptions, 'maxReplyBytes' | 'truncateAtBytes'>

/** How long a reply may be, and what is kept of a longer one: a namespace's own limits count up to the platform's. */
export function replyLimits(platform: PlatformLimits): (message: ActivationMessage) => ReplyLimits {
  const { maxPayloadBytes, truncationBytes } = platform
  const usual = { maxReplyBytes: maxPayloadBytes, truncateAtBytes: Math.min(truncationBytes, maxPayloadBytes) }
  return ({ user: { limits } }) => {
    if (limits.maxPayloadSize === undefined && limits.truncationSize === undefined) return usual
    const maxReplyBytes = Math.min(maxPayloadBytes, bytes(limits.maxPayloadSize))
    return { maxReplyBytes, truncateAtBytes: Math.min(truncationBytes, bytes(limits.truncationSize), maxReplyBytes) }
  }
}

function bytes(size: string | undefined): number {
  return size === undefined ? Infinity : (parseByteSize(size) ?? Infinity)
}
