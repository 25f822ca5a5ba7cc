import { PlatformError } from '../../errors.ts'

/** Runs at most `width` pieces of work at a time; the others wait in order of arrival. */
export class Semaphore {
  readonly #waiting = new Set<() => void>()
  #free: number

  constructor(width: number) {
    this.#free = width
  }

  /** @throws ERR_START_FAILED `signal` aborted while waiting. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#turn(signal)
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next) next()
      else this.#free++
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waiting.delete(go)
        signal?.removeEventListener('abort', abandon)
      }
      const go = (): void => {
        settle()
        resolve()
      }
      const abandon = (): void => {
        settle()
        reject(aborted(signal!))
      }
      this.#waiting.add(go)
      signal?.addEventListener('abort', abandon, { once: true })
      if (signal?.aborted) abandon()
    })
  }
}

/** The error of a start whose `signal` aborted. */
export function aborted(signal: AbortSignal): PlatformError {
  return new PlatformError('ERR_START_FAILED', 'the start was aborted', { cause: signal.reason })
}

/** The promise, unless `signal` aborts first; what it stands for goes on. @throws ERR_START_FAILED it aborted. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abandon = (): void => reject(aborted(signal))
    signal.addEventListener('abort', abandon, { once: true })
    if (signal.aborted) abandon()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon))
  })
}
