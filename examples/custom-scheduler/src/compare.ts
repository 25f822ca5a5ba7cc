import { adapterContext, leastLoadedBalancer, shardingBalancer, type LoadBalancer } from '@stemcell/core'
import { pathToFileURL } from 'node:url'
import { TwoChoices } from './two-choices.ts'
import { SKEWED, simulate, type Outcome } from './workload.ts'

/** The scheduler of this example beside those of core, on the same workload. */
export function compare(workload = SKEWED): Readonly<Record<string, Outcome>> {
  const context = adapterContext()
  const balancers: readonly LoadBalancer[] = [
    leastLoadedBalancer().build(context),
    shardingBalancer().build(context),
    new TwoChoices(),
  ]
  return Object.fromEntries(balancers.map((balancer) => [balancer.name, simulate(balancer, workload)]))
}

export function tableOf(outcomes: Readonly<Record<string, Outcome>>): string {
  const rows = Object.entries(outcomes).map(([name, { coldShare, meanMs, p99Ms, imbalance, placementsPerSecond }]) => [
    name,
    `${(coldShare * 100).toFixed(1)} %`,
    `${meanMs.toFixed(0)} ms`,
    `${p99Ms.toFixed(0)} ms`,
    imbalance.toFixed(2),
    placementsPerSecond.toExponential(1),
  ])
  const head = ['scheduler', 'cold', 'mean', 'p99', 'most/average', 'placements/s']
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell) => cell.padEnd(14))
        .join('')
        .trimEnd(),
    )
    .join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(`${tableOf(compare())}\n`)
