import type { Clock } from '@stemcell/core'
import type { Pods } from '../api/pods.ts'
import type { PodLife } from './pod-life.ts'
import { GRACE_S } from './pod-request.ts'

/** A node that is well confirms the end in two seconds or three; news may be missed while the API server is away. */
const ASK_AGAIN_MS = 5_000

/**
 * Ends a pod, and resolves with true once its object is gone: its node has then confirmed that its containers are. A node that
 * does not within `timeoutMs` is waited for no longer; then the object is removed, and the answer is false.
 * Rejects as {@link Pods.remove} when the API server does not answer by then.
 */
export async function removePod(pods: Pods, life: PodLife, timeoutMs: number, clock: Clock): Promise<boolean> {
  const deadline = clock.monotonic() + timeoutMs
  for (let pauseMs = 50; ;) {
    try {
      if (!(await pods.remove(life.name, life.uid, GRACE_S))) return true
      pauseMs = ASK_AGAIN_MS
    } catch (error) {
      if (clock.monotonic() >= deadline) throw error
      pauseMs = Math.min(ASK_AGAIN_MS, pauseMs * 2)
    }
    const leftMs = deadline - clock.monotonic()
    if (leftMs <= 0) {
      await pods.remove(life.name, life.uid, 0)
      return false
    }
    if (await isRemoved(life, Math.min(leftMs, pauseMs), clock)) return true
  }
}

async function isRemoved(life: PodLife, waitMs: number, clock: Clock): Promise<boolean> {
  const late = new AbortController()
  const timer = clock.setTimer(waitMs, () => late.abort())
  const removed = await life.until(() => life.isRemoved || undefined, late.signal)
  timer.cancel()
  return removed === true
}
