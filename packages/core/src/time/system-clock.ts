import { performance } from 'node:perf_hooks'
import type { Clock, Timer } from './clock.ts'

const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** The host's clock and timers. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const deadline = performance.now() + delayMs
    let handle: NodeJS.Timeout
    // Node fires a delay above 2^31-1 ms at once, so a longer one is taken in steps.
    const arm = (remainingMs: number): void => {
      handle =
        remainingMs > MAX_TIMEOUT_MS
          ? setTimeout(() => arm(deadline - performance.now()), MAX_TIMEOUT_MS)
          : setTimeout(callback, Math.max(0, remainingMs))
      handle.unref()
    }
    arm(delayMs)
    return { cancel: () => clearTimeout(handle) }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) {
        resolve()
        return
      }
      const done = (): void => {
        timer.cancel()
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = this.setTimer(delayMs, done)
      signal?.addEventListener('abort', done, { once: true })
    })
  }
}
