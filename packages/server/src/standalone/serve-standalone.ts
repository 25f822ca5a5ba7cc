import { SystemClock } from '@stemcell/core'
import pino from 'pino'
import { readConfig, type ConfigOverrides } from '../config/read-config.ts'
import { takeEnvironment } from '../environment.ts'
import { HeldOutput } from '../held-output.ts'
import type { StopSignals } from '../stop-signals.ts'
import { startStandalone } from './standalone.ts'

/** A start that takes longer, because it waits for something, should say what for. */
const HOLD_LOGS_MS = 5_000

export interface ServeOptions {
  /** Configuration file. */
  readonly file: string | undefined
  readonly overrides: ConfigOverrides
  readonly demo: boolean
  readonly signals: StopSignals
}

/**
 * Runs the server until a signal ends it: first the banner, then log lines. Resolves when everything is closed.
 * @throws ERR_CONFIG, ERR_CORRUPT, ERR_UNAVAILABLE it did not start; the message names what to change.
 */
export async function serveStandalone({ file, overrides, demo, signals }: ServeOptions): Promise<void> {
  const { auth, logLevel } = takeEnvironment()
  const config = readConfig(file, overrides)
  const output = pino.destination({ fd: 1, sync: true })
  const held = new HeldOutput(output)
  const impatience = new SystemClock().setTimer(HOLD_LOGS_MS, () => held.release())
  const logger = pino({ level: logLevel ?? config.logLevel, base: null }, held)
  const print = (text: string): void => {
    output.write(`${text}\n`)
    held.release()
  }
  const reportUnlessStopping = (err: unknown): void => {
    if (!signals.signal.aborted) logger.error({ err }, 'the demonstration failed; the server goes on')
  }
  try {
    const server = await startStandalone({ config, auth, logger, print, signal: signals.signal })
    if (!server) return
    const stopped = signals.heard()
    if (demo) await Promise.race([stopped, server.demo().catch(reportUnlessStopping)])
    const signal = await stopped
    logger.info({ signal }, 'stopping: finishing what runs')
    await server.close()
    logger.info({ signal }, 'stopped')
  } finally {
    impatience.cancel()
    held.release()
  }
}
