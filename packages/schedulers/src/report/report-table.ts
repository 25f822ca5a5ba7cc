import type { ReplayReport } from '../replay/replay.ts'

const COLUMNS: readonly string[] = [
  'scheduler',
  'policy',
  'cold',
  'cold, Q3',
  'wasted GB·s',
  'wasted',
  'p50 ms',
  'p99 ms',
  'delay p99',
  'fairness',
  'waited',
  'refused',
]

/** A report for people, in columns. */
export function reportTable({ trace, cluster, results }: ReplayReport): string {
  const { invokers, memoryMb, startMs, initMs } = cluster
  const rows = results.map(({ scheduler, policy, figures: f }) => [
    scheduler,
    policy,
    percent(f.coldShare),
    percent(f.coldShareOfThirdQuartile),
    Math.round(f.wastedGbS).toLocaleString('en'),
    percent(f.wastedGbS / Math.max(Number.MIN_VALUE, f.wastedGbS + f.usedGbS)),
    ms(f.latencyMs.p50),
    ms(f.latencyMs.p99),
    ms(f.delayMs.p99),
    f.fairness.toFixed(3),
    f.waited.toLocaleString('en'),
    (f.refused + f.failed).toLocaleString('en'),
  ])
  const widths = COLUMNS.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at]!.length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at < 2 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd()
  const faults = results.flatMap(({ scheduler, policy, figures: { firstFault, firstRefusal } }) =>
    [firstFault, firstRefusal].filter((text) => text !== undefined).map((text) => `${scheduler}, ${policy}: ${text}`),
  )
  return [
    trace,
    `${invokers} invokers of ${memoryMb} MB; a container takes ${startMs} ms, its initialisation ${initMs} ms`,
    '',
    line(COLUMNS),
    ...rows.map(line),
    ...(faults.length === 0 ? [] : ['', ...faults]),
  ].join('\n')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

function ms(value: number): string {
  return (value < 10 ? Number(value.toFixed(1)) : Math.round(value)).toLocaleString('en')
}
