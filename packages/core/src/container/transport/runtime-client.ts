import type { Clock } from '../../time/clock.ts'
import type { CallOptions, RuntimeReply } from '../container-factory.ts'

/** Where a runtime listens. */
export type RuntimeEndpoint = { readonly socketPath: string } | { readonly host: string; readonly port: number }

/** How a runtime is reached, over whichever protocol. */
export interface RuntimeClientOptions {
  readonly endpoint: RuntimeEndpoint
  /** Runs that may be sent at once. */
  readonly maxConcurrent: number
  readonly clock: Clock
  /** Takes what the runtime says in log frames. Without it they are passed over. */
  readonly log?: FramedLog
}

/** Lines that are attributed at their source, and come over the connection of the calls. */
export interface FramedLog {
  /** With `more`, the line goes on. `bytes` is valid only during the call. */
  framed(activationId: string, stream: 'stdout' | 'stderr', bytes: Buffer, more: boolean): void
  /** The activation prints nothing more, on either stream. */
  framedEnd(activationId: string): void
}

/** Speaks the action runtime contract with one container, whatever the bytes on the way are. */
export interface RuntimeClient {
  /**
   * As {@link Container.init}.
   * @throws ERR_NOT_REACHED, ERR_CONNECTION_LOST, ERR_TIMEOUT
   */
  init(body: string, options: CallOptions): Promise<RuntimeReply>

  /**
   * As {@link Container.run}.
   * @throws ERR_NOT_REACHED, ERR_CONNECTION_LOST, ERR_TIMEOUT
   */
  run(body: string, options: CallOptions): Promise<RuntimeReply>

  /**
   * Resolves once the runtime answers, whatever it answers, and is primed: the first real request finds everything
   * loaded. Resolves without success when `signal` aborts: the caller looks at the signal.
   * @throws ERR_TIMEOUT no answer within `timeoutMs`.
   */
  waitReady(timeoutMs: number, signal?: AbortSignal): Promise<void>

  /** As {@link Container.recall}. */
  recall?(): void

  /** Calls that have not ended. */
  readonly pending: number

  /** Closes connections; calls in progress fail with ERR_CONNECTION_LOST, and the next call opens a new one. */
  disconnect(): Promise<void>

  /**
   * Like `disconnect`, for good: later calls fail with ERR_NOT_REACHED. Where runs wait behind others it reads on for a
   * moment, until the end of a runtime that is being killed tells which of them had begun.
   */
  close(): Promise<void>
}
