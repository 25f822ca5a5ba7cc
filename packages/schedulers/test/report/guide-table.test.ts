import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { BALANCERS, createBalancer } from '../../src/balancers/balancer-options.ts'
import { createPolicy } from '../../src/policies/policy-options.ts'
import { replay } from '../../src/replay/replay.ts'
import { reportTable } from '../../src/report/report-table.ts'
import { generateAzure2019 } from '../../src/trace/azure-2019-generator.ts'

const guide = readFileSync(new URL('../../../../docs/guides/compare-schedulers.md', import.meta.url), 'utf8')

/** Cells of the lines that begin with the name of a scheduler. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => /^[\w-]+ +fixed /.test(line))
    .map((line) => line.split(/ {2,}/))
}

it('the table of schedulers in the guide is what its command prints', { timeout: 60_000 }, async () => {
  const report = await replay(generateAzure2019({ invocations: 100_000 }), {
    schedulers: BALANCERS.map((balancer) => ({ name: balancer, create: () => createBalancer({ balancer }) })),
    policies: [
      { name: 'fixed', create: () => createPolicy({ policy: 'fixed', pauseGraceMs: 10_000, idleTimeoutMs: 600_000 }) },
    ],
    memoryMb: 1024,
  })
  const section = guide.slice(guide.indexOf('## Schedulers'))
  const [shown, made] = [rows(section), rows(reportTable(report))]
  expect(made).toHaveLength(4)
  expect(shown.map(([name]) => name)).toEqual(made.map(([name]) => name))
  for (const [at, cells] of made.entries()) {
    for (const column of [2, 4, 6, 9]) {
      const value = (cell: string): number => Number(cell.replaceAll(/[ ,%]/g, ''))
      // Logarithms may differ in their last digit between versions of Node.js, and one start between runs of them.
      expect(value(shown[at]![column]!) / value(cells[column]!), `${cells[0]} ${column}`).toBeCloseTo(1, 1)
    }
  }
})
