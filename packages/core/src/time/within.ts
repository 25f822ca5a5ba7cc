import type { Clock } from './clock.ts'

/** What `promise` resolves to when it does so within `limitMs`, else undefined. Rejects as it does until then. */
export function within<T>(clock: Clock, promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(limitMs, () => resolve(undefined))
    promise.then(
      (value) => {
        timer.cancel()
        resolve(value)
      },
      (error: unknown) => {
        timer.cancel()
        reject(error)
      },
    )
  })
}
