import { cliPrograms, joinValues } from '@stemcell/cli'
import { Command } from 'commander'
import { text } from 'node:stream/consumers'
import { adminProgram, withoutDoubleLetters } from './admin/admin-program.ts'
import { benchSchedulerProgram } from './bench/bench-scheduler-program.ts'
import { cliContext, settleOutput } from './cli/cli-context.ts'
import { configProgram } from './config/config-program.ts'
import { conformanceProgram } from './conformance/conformance-program.ts'
import { imagesProgram } from './images/images-program.ts'
import { replayProgram } from './replay/replay-program.ts'
import type { StopSignals } from './stop-signals.ts'

/** Adds to the program every command that starts no server, and does what the arguments say. */
export async function runOtherCommand(program: Command, args: readonly string[], signals: StopSignals): Promise<void> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  program.addCommand(
    adminProgram({
      run: async (command, place) => {
        signals.release()
        const { runAdminCommand } = await import('./admin/run-admin-command.ts')
        await runAdminCommand(command, place, printLine)
      },
      print,
      readInput: () => text(process.stdin),
    }),
  )
  const work = { print, begin: () => signals.release() }
  program.addCommand(configProgram(work))
  program.addCommand(imagesProgram(work))
  program.addCommand(conformanceProgram(work))
  program.addCommand(benchSchedulerProgram(work))
  program.addCommand(replayProgram(work))
  for (const command of cliPrograms(cliContext(signals))) program.addCommand(command)
  const words = args[0] === 'admin' ? withoutDoubleLetters(args) : joinValues(args)
  await commandsOf(program, args).parseAsync(words, { from: 'user' })
  await settleOutput()
}

/**
 * A word that names no command is said to be one. To commander it is an argument too many for the default command; of a
 * program with no default command it says which one may be meant.
 */
function commandsOf(program: Command, [word]: readonly string[]): Command {
  const names = ['help', ...program.commands.map((command) => command.name())]
  if (word === undefined || word.startsWith('-') || names.includes(word)) return program
  const strict = new Command(program.name()).showHelpAfterError('(stemcell --help lists the commands)')
  for (const command of program.commands) strict.addCommand(command)
  return strict
}

/** Waits until there is room for more. Whoever read the lines may have seen enough. */
function printLine(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()))
  })
}
