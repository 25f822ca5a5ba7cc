import { Pool } from 'undici'

/** `p`-th percentile of numbers in ascending order. */
export function percentile(sorted, p) {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))]
}

export function median(values) {
  return percentile(
    [...values].sort((a, b) => a - b),
    50,
  )
}

/** A keep-alive client that sends one fixed request again and again, over TCP or a unix socket. */
export class LoadClient {
  constructor({ origin, socketPath, method = 'POST', path, headers, body, connections = 32 }) {
    this.pool = new Pool(origin, { connections, pipelining: 1, ...(socketPath ? { socketPath } : {}) })
    this.request = { method, path, headers: { 'content-type': 'application/json', ...headers }, body }
  }

  async call() {
    const { statusCode, body } = await this.pool.request(this.request)
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`${statusCode} ${text}`)
    return text
  }

  /** Milliseconds of each of `count` calls made one after the other. */
  async sequential(count, warmup = 300) {
    for (let i = 0; i < warmup; i++) await this.call()
    const times = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      await this.call()
      times.push(performance.now() - start)
    }
    return times.sort((a, b) => a - b)
  }

  /** Calls per second with `concurrency` callers, over `ms`. */
  async throughput(concurrency, ms, warmupMs = 500) {
    const run = async (durationMs) => {
      const until = performance.now() + durationMs
      let calls = 0
      const caller = async () => {
        while (performance.now() < until) {
          await this.call()
          calls++
        }
      }
      const start = performance.now()
      await Promise.all(Array.from({ length: concurrency }, caller))
      return (calls * 1000) / (performance.now() - start)
    }
    await run(warmupMs)
    return run(ms)
  }

  close() {
    return this.pool.destroy()
  }
}
