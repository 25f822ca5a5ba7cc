import { cliPrograms, CommandEnd, joinValues } from '@stemcell/cli'
import { AdministrationError, CORE_VERSION, isPlatformError } from '@stemcell/core'
import { Command, InvalidArgumentError, Option } from 'commander'
import { text } from 'node:stream/consumers'
import { adminProgram, withoutDoubleLetters } from './admin/admin-program.ts'
import { exitCodeOf } from './admin/command-failure.ts'
import { cliContext, settleOutput } from './cli/cli-context.ts'
import { configProgram } from './config/config-program.ts'
import { CONTAINER_PACKAGES, type ContainersName } from './config/container-packages.ts'
import { benchSchedulerProgram } from './bench/bench-scheduler-program.ts'
import { conformanceProgram } from './conformance/conformance-program.ts'
import { imagesProgram } from './images/images-program.ts'
import { replayProgram } from './replay/replay-program.ts'
import type { StopSignals } from './stop-signals.ts'

interface ControllerFlags extends Omit<StandaloneFlags, 'demo' | 'containers'> {
  readonly id?: string
}

interface InvokerFlags {
  readonly insecure?: boolean
  readonly port?: number
  readonly id?: number
  readonly uniqueName?: string
  readonly containers?: ContainersName
  readonly data?: string
  readonly config?: string
}

interface StandaloneFlags {
  readonly insecure?: boolean
  readonly host?: string
  readonly port?: number
  readonly data?: string
  readonly authFile?: string
  readonly config?: string
  readonly containers?: ContainersName
  readonly demo?: boolean
}

/** Parses the command line and does what it says, until that is done; returns the exit code. */
export async function runCommandLine(args: readonly string[], signals: StopSignals): Promise<number> {
  const program = new Command('stemcell')
    .description('A serverless platform that speaks OpenWhisk’s interfaces')
    .version(CORE_VERSION)
    .showHelpAfterError('(stemcell --help lists the commands)')
  program
    .command('standalone', { isDefault: true })
    .description('everything in one process: durable embedded store, actions as child processes unless told otherwise')
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <number>', 'port to listen on (default 3233)', port)
    .addOption(insecure())
    .option('--data <folder>', 'where everything is kept (default ./stemcell-data)')
    .option('--auth-file <file>', 'file with UUID:KEY for namespace guest; STEMCELL_AUTH=UUID:KEY does the same')
    .option('--config <file>', 'JSON or YAML configuration; options of the command line win')
    .addOption(containers())
    .option('--demo', 'also put the action hello, invoke it twice and show the results')
    .action(async ({ config, demo = false, ...overrides }: StandaloneFlags) => {
      const { serveStandalone } = await import('./standalone/serve-standalone.ts')
      await serveStandalone({ file: config, overrides, demo, signals })
    })
  program
    .command('controller')
    .description('one controller of a cluster: the REST API in front of a shared queue and shared stores')
    .requiredOption('--config <file>', 'JSON or YAML configuration, the same for all processes of the cluster')
    .option('--id <name>', 'unique among the controllers (default 0)')
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <number>', 'port to listen on (default 3233)', port)
    .addOption(insecure())
    .option('--data <folder>', 'where this process keeps its own things (default ./stemcell-data)')
    .option('--auth-file <file>', 'file with UUID:KEY for namespace guest; STEMCELL_AUTH=UUID:KEY does the same')
    .action(async ({ config, id, ...overrides }: ControllerFlags) => {
      const { serveController } = await import('./cluster/serve-controller.ts')
      await serveController({ file: config, overrides, id, signals })
    })
  program
    .command('invoker')
    .description('one invoker of a cluster: runs what controllers send it')
    .requiredOption('--config <file>', 'JSON or YAML configuration, the same for all processes of the cluster')
    .option('--id <number>', 'its number, unique among the invokers', invokerId)
    .option('--unique-name <name>', 'name by which it gets a number and keeps it (default: name of the host)')
    .option('--data <folder>', 'where this process keeps its own things (default ./stemcell-data)')
    .option('--port <number>', 'port for operators and metrics (default: none)', port)
    .addOption(insecure())
    .addOption(containers())
    .action(async ({ config, id, uniqueName, port: ownPort, ...overrides }: InvokerFlags) => {
      const { serveInvoker } = await import('./cluster/serve-invoker.ts')
      await serveInvoker({ file: config, overrides, name: { id, uniqueName }, port: ownPort, signals })
    })
  program.addCommand(
    adminProgram({
      run: async (command, place) => {
        signals.release()
        const { runAdminCommand } = await import('./admin/run-admin-command.ts')
        await runAdminCommand(command, place, printLine)
      },
      print: (line) => void process.stdout.write(`${line}\n`),
      readInput: () => text(process.stdin),
    }),
  )
  const work = { print: (line: string) => void process.stdout.write(`${line}\n`), begin: () => signals.release() }
  program.addCommand(configProgram(work))
  program.addCommand(imagesProgram(work))
  program.addCommand(conformanceProgram(work))
  program.addCommand(benchSchedulerProgram(work))
  program.addCommand(replayProgram(work))
  for (const command of cliPrograms(cliContext(signals))) program.addCommand(command)
  const isAdmin = args[0] === 'admin'
  try {
    await commandsOf(program, args).parseAsync(isAdmin ? withoutDoubleLetters(args) : joinValues(args), {
      from: 'user',
    })
    await settleOutput()
    return 0
  } catch (error) {
    const explanation = explain(error, isAdmin)
    if (explanation !== '') process.stderr.write(`${explanation}\n`)
    return exitCodeOf(error)
  }
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

/** The message of a platform's own error names what to change; anything else is a defect and shows where. */
function explain(error: unknown, isAdmin: boolean): string {
  if (error instanceof AdministrationError) return isAdmin ? error.message : `stemcell: ${error.message}`
  if (isPlatformError(error)) return `stemcell: ${error.message}`
  if (error instanceof CommandEnd) return error.message === '' ? '' : `error: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function insecure(): Option {
  return new Option('--insecure', 'serve other machines without TLS, as behind a proxy that has it')
}

function containers(): Option {
  return new Option('--containers <how>', 'what actions run in (default process)').choices(
    Object.keys(CONTAINER_PACKAGES),
  )
}

function port(value: string): number {
  const number = /^\d{1,5}$/.test(value) ? Number(value) : -1
  if (number < 0 || number > 65_535) throw new InvalidArgumentError('a port is 0 to 65535')
  return number
}

function invokerId(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('an invoker’s number is 0 or more')
  return Number(value)
}
