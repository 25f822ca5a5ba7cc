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
    const arm = (remainingMs: number): void => {
      // Node drops fractions and fires a delay above 2^31-1 ms at once.
      handle = setTimeout(fire, Math.min(MAX_TIMEOUT_MS, Math.ceil(Math.max(0, remainingMs))))
      handle.unref()
    }
    const fire = (): void => {
      const remainingMs = deadline - performance.now()
      if (remainingMs > 0) arm(remainingMs)
      else callback()
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
