import type { Environment } from './project/environment.ts'

/** Where text goes. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

/** A timer that can be given up. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** ms since 1970 */
  now(): number
  /** ms since some moment; never goes back. */
  monotonic(): number
  setTimer(ms: number, action: () => void): Timer
}

/** A server that was started for a command. */
export interface OwnServer {
  readonly url: string
  /** The data folder, with `.wskprops` in it. */
  readonly data: string
  close(): Promise<void>
}

/** What commands have to do with. */
export interface Context {
  readonly stdout: Output
  readonly stderr: Output
  readonly environment: Environment
  readonly cwd: string
  readonly clock: Clock
  /** Aborted when the user wants an end. */
  readonly signal: AbortSignal
  /** From now on a signal ends the process at once, as it does any other. */
  readonly releaseSignals: () => void
  /** A number of 53 bits that nobody can guess. */
  readonly secret: () => number
  /** All of standard input. */
  readonly readInput: () => Promise<string>
  /** Starts a server of its own; undefined where nothing can be started. */
  readonly startServer?: (options: { readonly data: string; readonly port: number }) => Promise<OwnServer>
  /** Shows a page to the user. */
  readonly openPage: (url: string) => void
}

/** What ended a command; everything was said already when the message is empty. */
export class CommandEnd extends Error {
  override readonly name = 'CommandEnd'
  readonly exitCode: number

  constructor(exitCode: number, message = '') {
    super(message)
    this.exitCode = exitCode
  }
}

/** Resolves after a while, or at once when the signal comes. */
export function pause(ms: number, { clock, signal }: Pick<Context, 'clock' | 'signal'>): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.setTimer(ms, end)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  })
}
