import { SystemClock } from '@stemcell/core'
import { CommandEnd, cliPrograms, joinValues, type Context } from '@stemcell/cli'
import { Command, CommanderError } from 'commander'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
  readonly signal?: AbortSignal
  readonly context?: Partial<Context>
  /** Called with everything that is written. */
  readonly written?: (text: string) => void
}

/** A command in this process, as the program `stemcell` would run it. */
export async function runCli(args: readonly string[], options: RunOptions): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  const context: Context = {
    stdout: {
      write: (text) => {
        stdout += text
        options.written?.(text)
      },
    },
    stderr: {
      write: (text) => {
        stderr += text
        options.written?.(text)
      },
    },
    // No property file of the user who runs the test.
    environment: { PATH: process.env['PATH'], HOME: options.cwd, ...options.environment },
    cwd: options.cwd,
    clock: new SystemClock(),
    signal: options.signal ?? new AbortController().signal,
    releaseSignals: () => undefined,
    secret: () => 1234567890,
    readInput: () => Promise.resolve(options.input ?? ''),
    openPage: () => undefined,
    ...options.context,
  }
  const program = new Command('stemcell').exitOverride()
  for (const command of cliPrograms(context)) program.addCommand(quiet(command, context))
  let code = 0
  try {
    await program.parseAsync(joinValues(args), { from: 'user' })
  } catch (error) {
    if (error instanceof CommandEnd) {
      code = error.exitCode
      if (error.message !== '') stderr += `error: ${error.message}\n`
    } else if (error instanceof CommanderError) code = error.exitCode
    else throw error
  }
  return { code, stdout, stderr }
}

/** Commander would end the process. */
function quiet(command: Command, { stdout, stderr }: Context): Command {
  command.exitOverride().configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
  })
  for (const below of command.commands) quiet(below, { stdout, stderr } as Context)
  return command
}
