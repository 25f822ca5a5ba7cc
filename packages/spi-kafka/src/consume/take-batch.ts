import { bytesBody } from '@stemcell/core'
import type { EachBatchPayload } from 'kafkajs'
import type { Changes } from './changes.ts'
import type { ConsumerSession } from './consumer-session.ts'
import type { MessageDispatcher } from './message-dispatcher.ts'
import type { LeaseTable } from './lease-table.ts'

/** How soon it is seen that kafkajs wants to stop. */
const LOOK_AGAIN_MS = 100

export interface TakeBatchParts {
  readonly session: ConsumerSession
  readonly leases: LeaseTable
  readonly dispatcher: MessageDispatcher
  readonly changes: Changes
  /** Whether nothing of this session is to be taken any more. */
  readonly over: () => boolean
}

/**
 * Takes the messages of a batch as there is room for them, which is the back-pressure: kafkajs reads no more until the
 * batch ends, and what was not taken it reads again. Rejects when the group is dealing its partitions anew.
 */
export async function takeBatch(payload: EachBatchPayload, parts: TakeBatchParts): Promise<void> {
  const { session, leases, dispatcher, changes } = parts
  const { partition, messages } = payload.batch
  let failure: { readonly error: unknown } | undefined
  let stopBeating: (() => void) | undefined
  const over = (): boolean => {
    if (failure) throw failure.error
    return parts.over() || !payload.isRunning() || payload.isStale()
  }
  const wait = (): Promise<void> => {
    stopBeating ??= session.keepAlive(payload, (error) => {
      failure = { error }
      changes.announce()
    })
    return changes.next(LOOK_AGAIN_MS)
  }
  try {
    for (const { offset, key, value } of messages) {
      while (!over() && !(leases.get(partition)?.sure && dispatcher.hasRoom)) await wait()
      const lease = leases.get(partition)
      if (over() || !lease) {
        // It would be read again at once, without success.
        if (parts.over()) await wait()
        return
      }
      const body = bytesBody(detached(value ?? Buffer.alloc(0)))
      leases.following(lease, Number(offset)).take(Number(offset), key?.toString(), body)
      dispatcher.schedule()
      payload.resolveOffset(offset)
    }
  } finally {
    stopBeating?.()
  }
}

/** A body that is held for long must not hold the whole answer of the broker that it came in. */
function detached(bytes: Buffer): Buffer {
  return bytes.length * 2 < bytes.buffer.byteLength ? Buffer.from(bytes) : bytes
}
