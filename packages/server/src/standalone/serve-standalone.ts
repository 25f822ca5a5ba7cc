import { readConfig, type ConfigOverrides } from '../config/read-config.ts'
import { AUTH_SHOWS, takeEnvironment } from '../environment.ts'
import { runUntilStopped } from '../run-until-stopped.ts'
import type { StopSignals } from '../stop-signals.ts'
import { startStandalone } from './standalone.ts'

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
  const { auth, authShows, logLevel, openWhisk } = takeEnvironment()
  const config = readConfig(file, overrides, openWhisk)
  await runUntilStopped(logLevel ?? config.logLevel, signals, async (context) => {
    if (authShows) context.logger.warn({}, AUTH_SHOWS)
    const server = await startStandalone({ config, auth, ...context })
    if (!server) return undefined
    return { close: () => server.close(), ...(demo ? { afterwards: () => server.demo() } : {}) }
  })
}
