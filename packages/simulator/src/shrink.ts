import type { Rule } from './checks/ledger.ts'
import { simulate, type SimulationOptions, type SimulationReport } from './simulate.ts'

/** A failing run with as few faults as still break the same promise. */
export interface Shrunk {
  readonly report: SimulationReport
  /** Positions in the schedule of the seed. */
  readonly only: readonly number[]
  /** Whether nothing else has to go wrong by itself. */
  readonly calm: boolean
  /** Runs that it took. */
  readonly runs: number
}

/**
 * Leaves out faults of a schedule, halves of it first, for as long as a rule that was broken is broken still. Takes at
 * most `maxRuns` runs.
 */
export async function shrink(options: SimulationOptions, failed: SimulationReport, maxRuns = 60): Promise<Shrunk> {
  const rules = new Set<Rule>(failed.violations.map(({ rule }) => rule))
  let report = failed
  let only: readonly number[] = options.only ?? failed.schedule.map((_, at) => at)
  let runs = 0
  const { loadMs = 40_000 } = options
  const plan = { ...options, controllers: failed.controllers, invokers: failed.invokers, loadMs }
  const fails = async (tried: SimulationOptions): Promise<boolean> => {
    if (runs >= maxRuns) return false
    runs++
    const found = await simulate(tried)
    if (!found.violations.some(({ rule }) => rules.has(rule))) return false
    report = found
    return true
  }

  for (let size = Math.ceil(only.length / 2); size >= 1;) {
    let isSmaller = false
    for (let at = 0; at < only.length;) {
      const rest = only.filter((_, index) => index < at || index >= at + size)
      if (await fails({ ...plan, only: rest })) {
        only = rest
        isSmaller = true
      } else at += size
    }
    if (size === 1 && !isSmaller) break
    size = size === 1 ? 1 : Math.ceil(size / 2)
  }
  const calm = options.weather !== false && (await fails({ ...plan, only, weather: false }))
  return { report, only, calm: calm || options.weather === false, runs }
}

/** What to type to see a run again. */
export function replayCommand(options: SimulationOptions, only: readonly number[] | undefined, calm: boolean): string {
  const words = ['npm run simulate -- --cluster', `--seed ${options.seed}`]
  if (only) words.push(`--only ${only.length > 0 ? only.join(',') : 'none'}`)
  if (calm) words.push('--calm')
  if (options.controllers !== undefined) words.push(`--controllers ${options.controllers}`)
  if (options.invokers !== undefined) words.push(`--invokers ${options.invokers}`)
  if (options.loadMs !== undefined) words.push(`--load ${options.loadMs / 1000}`)
  if (options.perSecond !== undefined) words.push(`--rate ${options.perSecond}`)
  if (options.faults !== undefined) words.push(`--faults ${options.faults}`)
  return words.join(' ')
}
