import type { MaybePromise } from '../lifecycle.ts'

/** What one activation wrote, as it is read from its container. */
export interface ActivationLog {
  /**
   * The lines, once both streams of the activation ended, or once `waitMs` passed without that; closes the log. With
   * `waitMs` 0 it takes what has arrived, and need not make a promise. Never rejects or throws.
   */
  collect(options: { readonly waitMs: number }): MaybePromise<CollectedLog>
}

/** What was collected of one activation. */
export interface CollectedLog {
  /** In the order of arrival. */
  readonly lines: readonly LogLine[]
  /** Lines were dropped because the limit was reached. */
  readonly truncated: boolean
  /** Both streams ended, if only because the container did, and nothing of them was lost. When false, lines may be missing. */
  readonly complete: boolean
}

/** A line that an action wrote. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, UTC: `2024-05-01T10:11:12.123456789Z`. */
  readonly time: string
  readonly stream: 'stdout' | 'stderr'
  /** Without the line end. */
  readonly text: string
}
