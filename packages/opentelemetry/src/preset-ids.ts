import { RandomIdGenerator, type IdGenerator } from '@opentelemetry/sdk-trace-base'

/** Ids of spans, of which the next one may be given: that of an activation was told to others before there is its span. */
export class PresetIds implements IdGenerator {
  readonly #random = new RandomIdGenerator()
  #next: string | undefined

  /** For the span that is started next. */
  preset(spanId: string): void {
    this.#next = spanId
  }

  generateTraceId(): string {
    return this.#random.generateTraceId()
  }

  generateSpanId(): string {
    const given = this.#next
    this.#next = undefined
    return given ?? this.#random.generateSpanId()
  }
}
