import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

interface CountedOptions {
  readonly maxQueued: number
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** What became of the spans of a process. */
export interface SpanCounts {
  /** Taken by the collector. */
  readonly sent: number
  /** There were too many waiting, or the collector did not take them. */
  readonly lost: number
}

/** The SDK's batches, with a bound that is ours and counts of what was lost: the SDK drops in silence. */
export class CountedSpans implements SpanProcessor {
  readonly #batches: BatchSpanProcessor
  readonly #maxQueued: number
  #queued = 0
  #sent = 0
  #lost = 0

  constructor(exporter: SpanExporter, { maxQueued, intervalMs, timeoutMs }: CountedOptions) {
    this.#maxQueued = maxQueued
    const counted: SpanExporter = {
      export: (spans: ReadableSpan[], done) =>
        exporter.export(spans, (result) => {
          this.#queued -= spans.length
          if (result.code === 0) this.#sent += spans.length
          else this.#lost += spans.length
          done(result)
        }),
      shutdown: () => exporter.shutdown(),
      forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    }
    this.#batches = new BatchSpanProcessor(counted, {
      maxQueueSize: maxQueued + 1,
      maxExportBatchSize: Math.min(512, maxQueued),
      scheduledDelayMillis: intervalMs,
      exportTimeoutMillis: timeoutMs,
    })
  }

  get counts(): SpanCounts {
    return { sent: this.#sent, lost: this.#lost }
  }

  onStart(): void {
    // Nothing is done before a span has ended.
  }

  onEnd(span: ReadableSpan): void {
    if (this.#queued >= this.#maxQueued) {
      this.#lost++
      return
    }
    this.#queued++
    this.#batches.onEnd(span)
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush()
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown()
  }
}
