import { CORE_VERSION } from '@stemcell/core'
import { Command, InvalidArgumentError, Option } from 'commander'
import { CONTAINER_PACKAGES, type ContainersName } from './config/container-packages.ts'
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
  try {
    if (isServer(args)) await program.parseAsync(args, { from: 'user' })
    else await (await import('./other-commands.ts')).runOtherCommand(program, args, signals)
    return 0
  } catch (error) {
    const { exitCodeOf, explain } = await import('./command-outcome.ts')
    const explanation = explain(error, args[0] === 'admin')
    if (explanation !== '') process.stderr.write(`${explanation}\n`)
    return exitCodeOf(error)
  }
}

/** A server should answer soon, and does not wait for the code of other commands. */
function isServer([word]: readonly string[]): boolean {
  return word === undefined || ['standalone', 'controller', 'invoker'].includes(word)
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
