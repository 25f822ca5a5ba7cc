import type { Clock } from '@stemcell/core'

/** So much may lie unread before a listener counts as slow, bytes. */
const MAX_UNREAD_BYTES = 256 * 1024
/** Who reads nothing for so long is dropped, ms. */
const PATIENCE_MS = 15_000

/** A connection, as far as a listener needs it. */
export interface EventSink {
  /** Written and not sent, bytes. */
  readonly unreadBytes: number
  write(text: string): void
  end(): void
}

/**
 * Somebody who listens. One who does not read fast enough misses events, and is told how many together with all there
 * is now; what is held for him is bounded by {@link MAX_UNREAD_BYTES} and one event.
 */
export class Listener {
  readonly #sink: EventSink
  readonly #clock: Clock
  readonly #hello: (skipped: number) => string
  #skipped = 0
  #slowSinceMs: number | undefined

  constructor(sink: EventSink, clock: Clock, hello: (skipped: number) => string) {
    this.#sink = sink
    this.#clock = clock
    this.#hello = hello
  }

  begin(): void {
    this.#sink.write(this.#hello(0))
  }

  tell(text: string): void {
    // Who was slow begins anew once he has read what there was.
    const limit = this.#slowSinceMs === undefined ? MAX_UNREAD_BYTES : 0
    if (this.#sink.unreadBytes > limit) {
      this.#skipped++
      this.#slowSinceMs ??= this.#clock.monotonic()
      return
    }
    if (this.#slowSinceMs === undefined) return this.#sink.write(text)
    this.#slowSinceMs = undefined
    const skipped = this.#skipped + 1
    this.#skipped = 0
    this.#sink.write(this.#hello(skipped))
  }

  get isHopeless(): boolean {
    return this.#slowSinceMs !== undefined && this.#clock.monotonic() - this.#slowSinceMs > PATIENCE_MS
  }

  end(): void {
    this.#sink.end()
  }
}
