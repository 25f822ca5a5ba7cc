import { PlatformError } from '@stemcell/core'
import type { Trace } from '@stemcell/schedulers'
import { Command, InvalidArgumentError, Option } from 'commander'
import { statSync, writeFileSync } from 'node:fs'

interface Flags {
  readonly generate?: 'azure-2019'
  readonly invocations?: number
  readonly functions?: number
  readonly hours?: number
  readonly day?: number
  readonly scheduler?: readonly string[]
  readonly policy?: readonly string[]
  readonly invokers?: number
  readonly memory?: number
  readonly startMs?: number
  readonly initMs?: number
  readonly overheadMs?: number
  readonly parallelStarts?: number
  readonly seed: number
  readonly write?: string
  readonly svg?: string
  readonly json?: true
}

export interface ReplayProgramOptions {
  readonly print: (line: string) => void
  /** Called before the work begins, which a signal should end at once. */
  readonly begin: () => void
}

const USUAL_SCHEDULERS = ['least-loaded']
const USUAL_POLICIES = ['fixed', 'hybrid', 'greedy-dual']
const USUAL_INVOCATIONS = 1_000_000

/** `stemcell replay …`: schedulers and keep-alive policies on a trace of invocations, compared. */
export function replayProgram({ print, begin }: ReplayProgramOptions): Command {
  return new Command('replay')
    .description('replays a trace of invocations on load balancers and pool policies, and compares what comes of it')
    .argument(
      '[trace]',
      'a CSV file with at_ms, function, run_ms …, or a folder with the Azure Functions data set of 2019',
    )
    .addOption(new Option('--generate <distribution>', 'make a trace instead').choices(['azure-2019']))
    .option('--invocations <number>', 'of a generated trace (default 1,000,000)', positive)
    .option(
      '--functions <number>',
      'of a generated trace (default a thousandth of the invocations), or drawn from the data set',
      positive,
    )
    .option('--hours <number>', 'that a generated trace takes (default 24)', number)
    .option('--day <1-14>', 'of the data set (default 1)', positive)
    .option(
      '--scheduler <name>',
      'sharding, least-loaded, two-choices, pull, or a file; again for more (default least-loaded)',
      more,
    )
    .option('--policy <name>', 'fixed, hybrid, greedy-dual, or a file; again for more (default all three)', more)
    .option('--invokers <number>', 'of the cluster (default 10)', positive)
    .option(
      '--memory <MB>',
      'of each invoker (default: all have room for a container of each function; of a CSV file 8192)',
      positive,
    )
    .option('--start-ms <number>', 'that making a container takes (default 300)', number)
    .option('--init-ms <number>', 'that initialising it takes, where the trace does not say (default 200)', number)
    .option('--overhead-ms <number>', 'that every call takes on top (default 0)', number)
    .option('--parallel-starts <number>', 'containers that an invoker makes at once (default 3)', positive)
    .option('--seed <number>', 'of all chance: the same seed gives the same figures', positive, 1)
    .option('--write <file>', 'only write the trace as CSV')
    .option('--svg <file>', 'also draw the figures')
    .option('--json', 'print the figures as JSON')
    .addHelpText('after', HELP)
    .action(async (source: string | undefined, flags: Flags) => {
      begin()
      const { replay, reportSvg, reportTable, writeCsvTrace } = await import('@stemcell/schedulers')
      const trace = await traceOf(source, flags)
      if (flags.write !== undefined) {
        await writeCsvTrace(trace, flags.write)
        return print(`${trace.name} is in ${flags.write}`)
      }
      const { schedulers, policies } = await import('./candidates.ts')
      const { invokers, memory, startMs, initMs, overheadMs, parallelStarts, seed } = flags
      const progress = progressOn(process.stderr)
      const report = await replay(trace, {
        schedulers: await schedulers(flags.scheduler ?? USUAL_SCHEDULERS),
        policies: await policies(flags.policy ?? USUAL_POLICIES),
        seed,
        ...(invokers === undefined ? {} : { invokers }),
        ...(memory === undefined ? {} : { memoryMb: memory }),
        ...(startMs === undefined ? {} : { startMs }),
        ...(initMs === undefined ? {} : { initMs }),
        ...(overheadMs === undefined ? {} : { overheadMs }),
        ...(parallelStarts === undefined ? {} : { parallelStarts }),
        ...(progress && { onProgress: (done: number) => progress.show(done) }),
      })
      progress?.end()
      if (flags.svg !== undefined) write(flags.svg, reportSvg(report))
      print(flags.json ? JSON.stringify(report, undefined, 2) : reportTable(report))
    })
}

const HELP = `
Options of a scheduler or a policy stand behind its name: --policy hybrid:rangeMs=7200000,head=0.1
A file exports by default what \`stemcell bench-scheduler\` takes too: an adapter, the object, or what makes it.
`

async function traceOf(source: string | undefined, flags: Flags): Promise<Trace> {
  const { csvTrace, generateAzure2019, readAzure2019 } = await import('@stemcell/schedulers')
  const { generate, invocations = USUAL_INVOCATIONS, functions, hours, day, seed } = flags
  if ((source === undefined) === (generate === undefined)) {
    const message =
      source === undefined
        ? 'name a trace, or say --generate azure-2019'
        : `name a trace or say --generate ${generate}, not both; --write FILE writes what is generated`
    throw new PlatformError('ERR_CONFIG', `replay: ${message}`)
  }
  const chosen = { seed, ...(functions === undefined ? {} : { functions }) }
  if (source === undefined)
    return generateAzure2019({ invocations, ...chosen, ...(hours === undefined ? {} : { hours }) })
  const onlyGenerated = { invocations: flags.invocations, hours }
  const odd = Object.entries(onlyGenerated).find(([, value]) => value !== undefined)
  if (odd) throw new PlatformError('ERR_CONFIG', `replay: --${odd[0]} is for traces that are generated`)
  if (isFolder(source)) return readAzure2019(source, { ...chosen, ...(day === undefined ? {} : { day }) })
  return csvTrace(source)
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('ERR_CONFIG', `replay: there is no trace ${path}: ${message}`, { cause })
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('ERR_CONFIG', `replay: ${file} cannot be written: ${message}`, { cause })
  }
}

/** Undefined where nobody looks. */
function progressOn(stream: NodeJS.WriteStream): { show(done: number): void; end(): void } | undefined {
  if (!stream.isTTY) return undefined
  let shown = 0
  return {
    show: (done) => {
      if (done - shown < 100_000) return
      shown = done
      stream.write(`\r${done.toLocaleString('en')} invocations …`)
    },
    end: () => void (shown > 0 && stream.write('\r\u001b[K')),
  }
}

function more(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

function positive(value: string): number {
  const given = Number(value)
  if (!Number.isSafeInteger(given) || given < 1) throw new InvalidArgumentError('a whole number, 1 or more')
  return given
}

function number(value: string): number {
  const given = value === '' ? Number.NaN : Number(value)
  if (!Number.isFinite(given) || given < 0) throw new InvalidArgumentError('a number, 0 or more')
  return given
}
