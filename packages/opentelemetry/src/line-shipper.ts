import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { Clock, Logger, Timer } from '@stemcell/core'

/** Of one request to the collector. */
const MOST_LINES = 512
const MOST_BYTES = 1024 ** 2
/** The operator is told of losses once in this time. */
const TELL_MS = 60_000

/** What became of the lines of a process. */
export interface LineCounts {
  /** Taken by the collector. */
  readonly sent: number
  /** There were too many waiting, or the collector did not take them. */
  readonly lost: number
}

export interface LineShipperParts {
  readonly exporter: LogRecordExporter
  readonly clock: Pick<Clock, 'setTimer' | 'monotonic'>
  readonly logger: Logger
  readonly intervalMs: number
  readonly maxQueuedBytes: number
}

/** Sends lines in batches, one at a time. The SDK's own batches are bounded by lines, of which one may have megabytes. */
export class LineShipper {
  readonly #parts: LineShipperParts
  #waiting: { readonly record: ReadableLogRecord; readonly bytes: number }[] = []
  /** Those under way included. */
  #bytes = 0
  #waitingBytes = 0
  #sending: Promise<void> | undefined
  #timer: Timer | undefined
  #sent = 0
  #lost = 0
  #toldMs: number | undefined

  constructor(parts: LineShipperParts) {
    this.#parts = parts
  }

  get counts(): LineCounts {
    return { sent: this.#sent, lost: this.#lost }
  }

  add(record: ReadableLogRecord, bytes: number): void {
    if (this.#bytes + bytes > this.#parts.maxQueuedBytes) return this.#lose(1, 'too many lines wait')
    this.#bytes += bytes
    this.#waitingBytes += bytes
    this.#waiting.push({ record, bytes })
    if (this.#isFull) this.#send()
    else if (!this.#sending) this.#sendSoon()
  }

  /** Sends what waits, until the collector does not take something: the rest is lost, too, and counted. */
  async close(): Promise<void> {
    const { length: late } = this.#waiting
    while (this.#sending || this.#waiting.length > 0) {
      const before = this.#lost
      this.#send()
      await this.#sending
      if (this.#lost > before) this.#lose(this.#waiting.splice(0).length, `the store closes with ${late} lines waiting`)
    }
    this.#timer?.cancel()
    await this.#parts.exporter.shutdown()
  }

  get #isFull(): boolean {
    return this.#waiting.length >= MOST_LINES || this.#waitingBytes >= MOST_BYTES
  }

  #sendSoon(): void {
    this.#timer ??= this.#parts.clock.setTimer(this.#parts.intervalMs, () => {
      this.#timer = undefined
      this.#send()
    })
  }

  #send(): void {
    if (this.#sending || this.#waiting.length === 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    let [count, bytes] = [0, 0]
    while (count < this.#waiting.length && count < MOST_LINES && bytes < MOST_BYTES) {
      bytes += this.#waiting[count++]!.bytes
    }
    const batch = this.#waiting.splice(0, count).map(({ record }) => record)
    this.#waitingBytes -= bytes
    this.#sending = this.#export(batch).then((error) => {
      this.#bytes -= bytes
      if (error === undefined) this.#sent += batch.length
      else this.#lose(batch.length, error)
      this.#sending = undefined
      if (this.#isFull) this.#send()
      else if (this.#waiting.length > 0) this.#sendSoon()
    })
  }

  /** Why the collector did not take it. */
  #export(batch: ReadableLogRecord[]): Promise<unknown> {
    return new Promise((resolve) => {
      try {
        this.#parts.exporter.export(batch, ({ code, error }) => resolve(code === 0 ? undefined : (error ?? 'refused')))
      } catch (error) {
        resolve(error)
      }
    })
  }

  #lose(count: number, why: unknown): void {
    if (count === 0) return
    this.#lost += count
    const now = this.#parts.clock.monotonic()
    if (this.#toldMs !== undefined && now - this.#toldMs < TELL_MS) return
    this.#toldMs = now
    this.#parts.logger.warn({ err: why, lost: this.#lost }, 'log lines not taken by the collector; records have them')
  }
}
