import { PlatformError, SystemClock, type Clock, type Logger } from '@stemcell/core'
import type { Vitals } from '@stemcell/metrics-prometheus'
import pino from 'pino'
import { compileSooner } from './compile-sooner.ts'
import { scavengeAlone } from './scavenge-alone.ts'
import { HeldOutput } from './held-output.ts'
import { humanLines } from './human-lines.ts'
import { LastDefence } from './last-defence.ts'
import { LogOutput } from './log-output.ts'
import type { LogLevel } from './log-level.ts'
import type { StopSignals } from './stop-signals.ts'

/** A start that takes longer, because it waits for something, should say what for. */
const HOLD_LOGS_MS = 5_000
/** A start that has not noticed a signal by then waits for something that may never come. */
const NOTICE_MS = 5_000

export interface StartContext {
  readonly logger: Logger
  /** Plain text for the person at the terminal. Log lines are held back until the first. */
  readonly print: (text: string) => void
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal
  readonly vitals: Vitals
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
 * @throws what `start` throws; ERR_UNAVAILABLE a signal came, and the start went on waiting.
 */
export async function runUntilStopped(
  logLevel: LogLevel,
  signals: StopSignals,
  start: (context: StartContext) => Promise<Running | undefined>,
): Promise<void> {
  const clock = new SystemClock()
  const output = new LogOutput({
    clock,
    missed: (lines) => logger.warn({ lines }, 'log lines could not be written and are lost'),
  })
  const held = new HeldOutput(output)
  const impatience = clock.setTimer(HOLD_LOGS_MS, () => held.release())
  const lines = process.stdout.isTTY ? humanLines(held, { colours: true }) : held
  const logger: Logger = pino({ level: logLevel, base: null }, lines)
  const defence = new LastDefence(logger)
  const vitals: Vitals = { lostLogLines: () => output.lost, uncaughtErrors: () => defence.count }
  const print = (text: string): void => {
    output.write(`${text}\n`)
    held.release()
  }
  const reportUnlessStopping = (err: unknown): void => {
    if (!signals.signal.aborted) logger.error({ err }, 'the demonstration failed; the server goes on')
  }
  try {
    const started = start({ logger, print, signal: signals.signal, vitals })
    const running = await Promise.race([started, givenUp(signals, clock)])
    if (!running) return
    defence.hold()
    compileSooner()
    scavengeAlone()
    const stopped = signals.heard()
    if (running.afterwards) await Promise.race([stopped, running.afterwards().catch(reportUnlessStopping)])
    const signal = await stopped
    logger.info({ signal }, 'stopping: finishing running activations')
    await running.close()
    logger.info({ signal }, 'stopped')
  } finally {
    impatience.cancel()
    held.release()
    defence.release()
  }
}

/** Rejects when a signal was heard some time ago. */
function givenUp(signals: StopSignals, clock: Clock): Promise<never> {
  const late = signals.heard().then(
    (signal) =>
      new Promise<never>((_, reject) => {
        const what = `${signal} came while the server was still waiting to start`
        clock.setTimer(NOTICE_MS, () => reject(new PlatformError('ERR_UNAVAILABLE', what)))
      }),
  )
  // Nobody listens any more when the start is over by then.
  late.catch(() => undefined)
  return late
}
