import type { Clock } from '@stemcell/core'

/** A call that makes or starts a container takes a second on an engine that is busy, and never so long. */
export const CALL_MS = 60_000

/** The call's outcome. Rejects when there is none in time, as an engine that hangs gives none at all. */
export async function inTime<T>(call: Promise<T>, timeoutMs: number, clock: Clock): Promise<T> {
  const settled = new AbortController()
  const late = clock.sleep(timeoutMs, settled.signal).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`)
  })
  try {
    return await Promise.race([call, late])
  } finally {
    late.catch(() => undefined)
    settled.abort()
  }
}
