export interface RuntimeOptions {
  readonly socket?: string
  /** Every user who can reach the socket may connect to it. */
  readonly openToAll: boolean
  readonly port?: number
  readonly host: string
  /** File descriptor whose end of file ends the process. */
  readonly lifeline?: number
  /** Present when log lines carry the activation they belong to. */
  readonly logToken?: string
  /** Which activations get an end in an attributed log: all, or those that printed something. */
  readonly logEnd: LogEnd
}

export type LogEnd = 'always' | 'printed'

const NAMES = ['socket', 'port', 'host', 'lifeline'] as const
type Name = (typeof NAMES)[number]
const OWN_VARIABLES = ['STEMCELL_SOCKET', 'STEMCELL_LOGS', 'STEMCELL_LOG_TOKEN', 'STEMCELL_LOG_END']

/** Reads the command line and takes the runtime's own settings out of `env`, where an action could see them. */
export function readRuntimeOptions(args: readonly string[], env: NodeJS.ProcessEnv): RuntimeOptions {
  const given = readArguments(args)
  const socket = given.socket ?? env['STEMCELL_SOCKET']
  const logToken = readLogToken(env)
  const logEnd = readLogEnd(env)
  for (const name of OWN_VARIABLES) delete env[name]

  const port = given.port === undefined ? (socket ? undefined : 8080) : wholeNumber('port', given.port, 65_535)
  const lifeline = given.lifeline === undefined ? undefined : wholeNumber('lifeline', given.lifeline, 1_048_576)
  return {
    host: given.host ?? '0.0.0.0',
    // A variable comes from whoever made the container, and the mounted folder has let in nobody else.
    openToAll: given.socket === undefined,
    logEnd,
    ...(socket && { socket }),
    ...(port !== undefined && { port }),
    ...(lifeline !== undefined && { lifeline }),
    ...(logToken !== undefined && { logToken }),
  }
}

function readArguments(args: readonly string[]): Partial<Record<Name, string>> {
  const given: Partial<Record<Name, string>> = {}
  for (let i = 0; i < args.length; i++) {
    const [flag = '', inline] = args[i]!.split(/=(.*)/s, 2)
    const name = NAMES.find((known) => flag === `--${known}`)
    if (name === undefined) throw new TypeError(`Unknown option '${flag}'. Known: --${NAMES.join(', --')}.`)
    const value = inline ?? args[++i]
    if (value === undefined || value === '') throw new TypeError(`Option '${flag}' needs a value.`)
    given[name] = value
  }
  return given
}

function readLogToken(env: NodeJS.ProcessEnv): string | undefined {
  const mode = env['STEMCELL_LOGS']
  if (mode === undefined || mode === '' || mode === 'sentinel') return undefined
  if (mode !== 'attributed') throw new TypeError(`STEMCELL_LOGS must be 'sentinel' or 'attributed'.`)
  const token = env['STEMCELL_LOG_TOKEN'] ?? ''
  if (!/^[A-Za-z0-9_.-]{16,256}$/.test(token)) {
    throw new TypeError(
      'STEMCELL_LOGS=attributed needs STEMCELL_LOG_TOKEN: 16 to 256 letters, digits, "_", "." or "-".',
    )
  }
  return token
}

function readLogEnd(env: NodeJS.ProcessEnv): LogEnd {
  const end = env['STEMCELL_LOG_END'] ?? 'always'
  if (end === 'always' || end === 'printed') return end
  throw new TypeError(`STEMCELL_LOG_END must be 'always' or 'printed'.`)
}

function wholeNumber(name: Name, text: string, max: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > max) throw new TypeError(`Option '--${name}' must be a number from 0 to ${max}.`)
  return value
}
