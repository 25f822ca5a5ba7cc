import { LeastLoadedBalancer, PlatformError, ShardingBalancer, type LoadBalancer } from '@stemcell/core'
import type { SchedulerBenchResult, WorkloadName } from '@stemcell/conformance'
import { Command, InvalidArgumentError, Option } from 'commander'
import { CommandFailure } from '../admin/command-failure.ts'
import { importKits } from '../conformance/import-kits.ts'
import { isLoadBalancer, ownExport } from './own-export.ts'

interface Flags {
  readonly workload?: readonly WorkloadName[]
  readonly invokers: number
  readonly memory: number
  readonly invocations: number
  readonly seed: number
  readonly options?: unknown
  readonly json?: true
}

export interface BenchSchedulerProgramOptions {
  readonly print: (line: string) => void
  /** Called before the work begins, which a signal should end at once. */
  readonly begin: () => void
}

/** `stemcell bench-scheduler …`: a load balancer beside those that are built in. */
export function benchSchedulerProgram({ print, begin }: BenchSchedulerProgramOptions): Command {
  return new Command('bench-scheduler')
    .description('puts a load balancer on a synthetic cluster beside those that are built in, and compares them')
    .argument(
      '[scheduler]',
      'a file: its default export is an adapter, a balancer, or a function or class that makes one',
    )
    .option('--workload <name...>', 'uniform, skewed, bursty or small (default: all)')
    .option('--invokers <number>', 'invokers of the cluster', positive, 20)
    .option('--memory <MB>', 'memory of each invoker', positive, 4096)
    .option('--invocations <number>', 'invocations of each workload', positive, 20_000)
    .option('--seed <number>', 'of all chance: the same seed gives the same figures, speed apart', positive, 1)
    .option('--options <json>', 'options of the adapter', json)
    .addOption(new Option('--json', 'print the figures as JSON'))
    .action(async (scheduler: string | undefined, flags: Flags) => {
      begin()
      const { benchSchedulers, WORKLOADS } = await importKits('bench-scheduler')
      const { workload = WORKLOADS, memory: memoryMb, invokers, invocations, seed } = flags
      const unknown = workload.find((name) => !WORKLOADS.includes(name))
      if (unknown !== undefined) {
        const known = WORKLOADS.join(', ')
        throw new PlatformError('ERR_CONFIG', `bench-scheduler: there is no workload ${unknown}; there are ${known}`)
      }
      const own = scheduler === undefined ? [] : [await schedulerOf(scheduler, flags.options)]
      const builtIn = [() => new ShardingBalancer(), () => new LeastLoadedBalancer()]
      const size = { workloads: workload, invokers, memoryMb, invocations, seed }
      const results = benchSchedulers([...own, ...builtIn], size)
      print(flags.json ? JSON.stringify({ ...size, results }, undefined, 2) : page(results))
      const faulty = results.filter(({ figures }) => figures.faults > 0)
      if (faulty.length > 0) {
        const said = faulty.map(({ balancer, workload: name, figures: { faults, firstFault } }) => {
          return `${balancer} on ${name}: ${faults} answers cannot be carried out, the first: ${firstFault}`
        })
        throw new CommandFailure(`bench-scheduler: ${said.join('\n')}`, 1)
      }
    })
}

function schedulerOf(file: string, options: unknown): Promise<() => LoadBalancer> {
  return ownExport({
    command: 'bench-scheduler',
    file,
    part: 'loadBalancer',
    options,
    isSound: isLoadBalancer,
    hint: 'no load balancer; export default an adapter, a balancer with name and place, or a function or class that makes one',
  })
}

const COLUMNS = ['balancer', 'locality', 'cold', 'balance', 'p50 delay', 'p99 delay', 'waited', 'refused', 'placed/s']

function page(results: readonly SchedulerBenchResult[]): string {
  const lines: string[] = []
  for (const [index, { workload, summary, balancer, figures }] of results.entries()) {
    if (results[index - 1]?.workload !== workload)
      lines.push(`${index > 0 ? '\n' : ''}${workload}: ${summary}`, row(COLUMNS))
    lines.push(
      row([
        balancer,
        `${(figures.locality * 100).toFixed(1)} %`,
        String(figures.coldStarts),
        figures.balance.toFixed(2),
        `${Math.round(figures.delayP50Ms)} ms`,
        `${Math.round(figures.delayP99Ms)} ms`,
        String(figures.waited),
        String(figures.rejected),
        String(figures.placementsPerSecond),
      ]),
    )
  }
  return lines.join('\n')
}

function row(cells: readonly string[]): string {
  return cells.map((cell, at) => (at === 0 ? cell.padEnd(20) : cell.padStart(11))).join('')
}

function positive(value: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('a whole number, 1 or more')
  return number
}

function json(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    throw new InvalidArgumentError('no JSON')
  }
}
