import { PlatformError } from '@stemcell/core'
import { eraseFromEnvironment } from './erase-from-environment.ts'
import { isOpenWhiskVariable, type OpenWhiskVariables } from './config/openwhisk-settings.ts'
import { LOG_LEVELS, type LogLevel } from './log-level.ts'

/** What the environment says; this is the only file that reads it. */
export interface Environment {
  /** `UUID:KEY` for the guest namespace. */
  readonly auth: string | undefined
  /** Other processes of this user can still read the key. */
  readonly authShows: boolean
  /** Stronger than the configuration file. */
  readonly logLevel: LogLevel | undefined
  /** Of OpenWhisk's components, stronger than the configuration file as well. */
  readonly openWhisk: OpenWhiskVariables
}

export const AUTH_SHOWS =
  'processes of this user can read STEMCELL_AUTH in the environment of this one: use --auth-file instead'

/**
 * Reads the environment and takes the key out of it, so that no process started later inherits it, and none of the same
 * user, as actions in processes are, reads it here.
 * @throws ERR_CONFIG STEMCELL_LOG_LEVEL is not a level.
 */
export function takeEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const { STEMCELL_AUTH: auth, STEMCELL_LOG_LEVEL: level } = env
  const authShows = !eraseFromEnvironment('STEMCELL_AUTH', env)
  const logLevel = LOG_LEVELS.find((name) => name === level)
  if (level && logLevel === undefined) {
    throw new PlatformError('ERR_CONFIG', `STEMCELL_LOG_LEVEL: choose one of ${LOG_LEVELS.join(', ')}`)
  }
  return { auth: auth || undefined, authShows, logLevel, openWhisk: openWhiskVariables(env) }
}

/** What is set for OpenWhisk's controllers and invokers. */
export function openWhiskVariables(env: NodeJS.ProcessEnv = process.env): OpenWhiskVariables {
  const set = Object.entries(env).filter(([name]) => isOpenWhiskVariable(name))
  return Object.fromEntries(set.map(([name, value]) => [name, value ?? '']))
}

/** The standard variables of OpenTelemetry; undefined when none asks for it. */
export function telemetryEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv | undefined {
  const { OTEL_SDK_DISABLED, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = env
  if (OTEL_SDK_DISABLED === 'true') return undefined
  if (!OTEL_EXPORTER_OTLP_ENDPOINT && !OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return undefined
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('OTEL_')))
}

/** Where engines that run for this user alone keep their sockets. */
export function userRuntimeFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['XDG_RUNTIME_DIR'] || undefined
}

/** What commands for users may read; those that run here are started with it. */
export function userEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env
}
