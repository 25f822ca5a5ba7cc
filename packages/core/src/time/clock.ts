/**
 * Clock SPI: the only source of time in core. A virtual clock can stand in for it, so that a run of the platform is
 * a function of its inputs. All durations are milliseconds.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, as users see them in records. May jump when the host's clock is set. */
  now(): number

  /** Milliseconds from an arbitrary origin, with fractions; never runs backwards. For measuring durations. */
  monotonic(): number

  /**
   * Calls `callback` once, `delayMs` from now at the earliest; a negative delay counts as 0. Never calls it
   * synchronously. A pending timer does not keep the process alive.
   */
  setTimer(delayMs: number, callback: () => void): Timer

  /** Resolves after `delayMs`; with a signal, resolves at once when it aborts (the caller looks at the signal). */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** What was set with `Clock.setTimer`. */
export interface Timer {
  /** Idempotent; a cancelled timer never fires. */
  cancel(): void
}
