import { SystemClock, type Logger } from '@stemcell/core'
import pino from 'pino'
import { compileSooner } from './compile-sooner.ts'
import { HeldOutput } from './held-output.ts'
import type { LogLevel } from './log-level.ts'
import type { StopSignals } from './stop-signals.ts'

/** A start that takes longer, because it waits for something, should say what for. */
const HOLD_LOGS_MS = 5_000

export interface StartContext {
  readonly logger: Logger
  /** Plain text for the person at the terminal. Log lines are held back until the first. */
  readonly print: (text: string) => void
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal
}

/** Something that runs until it is closed. */
export interface Running {
  /** What is done once it runs; a failure is logged and ends nothing. */
  readonly afterwards?: () => Promise<void>
  close(): Promise<void>
}

/**
 * Starts a server and lets it run until a signal ends it. Resolves when everything is closed.
 * `start` answers undefined when the signal came first.
 * @throws what `start` throws
 */
export async function runUntilStopped(
  logLevel: LogLevel,
  signals: StopSignals,
  start: (context: StartContext) => Promise<Running | undefined>,
): Promise<void> {
  const output = pino.destination({ fd: 1, sync: true })
  const held = new HeldOutput(output)
  const impatience = new SystemClock().setTimer(HOLD_LOGS_MS, () => held.release())
  const logger = pino({ level: logLevel, base: null }, held)
  const print = (text: string): void => {
    output.write(`${text}\n`)
    held.release()
  }
  const reportUnlessStopping = (err: unknown): void => {
    if (!signals.signal.aborted) logger.error({ err }, 'the demonstration failed; the server goes on')
  }
  try {
    const running = await start({ logger, print, signal: signals.signal })
    if (!running) return
    compileSooner()
    const stopped = signals.heard()
    if (running.afterwards) await Promise.race([stopped, running.afterwards().catch(reportUnlessStopping)])
    const signal = await stopped
    logger.info({ signal }, 'stopping: finishing what runs')
    await running.close()
    logger.info({ signal }, 'stopped')
  } finally {
    impatience.cancel()
    held.release()
  }
}
