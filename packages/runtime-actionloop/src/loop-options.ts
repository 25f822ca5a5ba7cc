import type { Mode } from './index.ts'

/** What the image or the operator decides, not the action. */
export interface LoopSettings {
  /** The program that runs Python. */
  readonly python: string
  /** Called as `<compiler> <main> <source folder> <binary folder>` for code that is no program. */
  readonly compiler: string | undefined
  /** The program says by a line `{"ok":true}` that it is ready. */
  readonly waitForAck: boolean
  /** What the file `exec.env` beside a precompiled program must contain. */
  readonly executionEnv: string | undefined
  /** Why an init failed goes to the log only. */
  readonly logInitError: boolean
  /** Name under which a Java archive is kept instead of being unpacked. */
  readonly saveJar: string | undefined
}

const MODES: readonly Mode[] = ['actionloop', 'python', 'skeleton']

/** Takes the mode from the arguments and the settings from `env`, where an action could see them. */
export function readLoopOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): LoopSettings & { readonly mode: Mode; readonly rest: readonly string[] } {
  const [first] = args
  const named = first !== undefined && !first.startsWith('-')
  const mode = named ? MODES.find((known) => known === first) : 'actionloop'
  if (mode === undefined) throw new TypeError(`Unknown mode '${first}'. Known: ${MODES.join(', ')}.`)
  const take = (name: string): string | undefined => {
    const value = env[name]
    delete env[name]
    return value === '' ? undefined : value
  }
  return {
    mode,
    rest: named ? args.slice(1) : args,
    python: take('STEMCELL_PYTHON') ?? 'python3',
    compiler: take('OW_COMPILER'),
    waitForAck: take('OW_WAIT_FOR_ACK') !== undefined,
    executionEnv: take('OW_EXECUTION_ENV'),
    logInitError: take('OW_LOG_INIT_ERROR') !== undefined,
    saveJar: take('OW_SAVE_JAR'),
  }
}
