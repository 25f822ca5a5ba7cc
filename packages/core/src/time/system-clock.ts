import { performance } from 'node:perf_hooks'
import type { Clock, Timer } from './clock.ts'
import { sleepOn } from './sleep-on.ts'

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
    return sleepOn(this, delayMs, signal)
  }
}
