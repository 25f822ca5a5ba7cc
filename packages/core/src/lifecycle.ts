/**
 * What every adapter with a backend shares. A constructor or factory function does no I/O: it only keeps options.
 */
export interface Lifecycle {
  /**
   * Connects and prepares whatever the backend needs. Idempotent; concurrent calls share one attempt.
   * A closed adapter may be opened again.
   * @throws ERR_UNAVAILABLE the backend did not answer within the adapter's own connect time-out.
   * @throws ERR_CONFIG      the options or the environment make opening impossible; the message names option and fix.
   */
  open(): Promise<void>

  /**
   * Finishes what runs, then releases sockets, files, timers and child processes. Idempotent; never rejects because
   * something that ran had failed. Afterwards every other method throws ERR_CLOSED.
   */
  close(): Promise<void>
}

/** A value, or the promise of one: lets an implementation that need not wait answer without a turn of the event loop. */
export type MaybePromise<T> = T | Promise<T>

/** Tells the promise from the value. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  // `in` is looked up anew for each kind of object that it is asked of; the value of a property is remembered.
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
