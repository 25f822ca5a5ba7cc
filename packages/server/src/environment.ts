import { PlatformError } from '@stemcell/core'
import { LOG_LEVELS, type LogLevel } from './log-level.ts'

/** What the environment says; this is the only file that reads it. */
export interface Environment {
  /** `UUID:KEY` for the guest namespace. */
  readonly auth: string | undefined
  /** Stronger than the configuration file. */
  readonly logLevel: LogLevel | undefined
}

/**
 * Reads the environment and takes the key out of it, so that no process started later inherits it.
 * @throws ERR_CONFIG STEMCELL_LOG_LEVEL is not a level.
 */
export function takeEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const { STEMCELL_AUTH: auth, STEMCELL_LOG_LEVEL: level } = env
  delete env['STEMCELL_AUTH']
  const logLevel = LOG_LEVELS.find((name) => name === level)
  if (level && logLevel === undefined) {
    throw new PlatformError('ERR_CONFIG', `STEMCELL_LOG_LEVEL: choose one of ${LOG_LEVELS.join(', ')}`)
  }
  return { auth: auth || undefined, logLevel }
}

/** Where engines that run for this user alone keep their sockets. */
export function userRuntimeFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['XDG_RUNTIME_DIR'] || undefined
}
