import { describe, expect, it } from 'vitest'
import { LogHistogram } from '../../src/report/log-histogram.ts'
import { reportSvg } from '../../src/report/report-svg.ts'
import { reportTable } from '../../src/report/report-table.ts'
import { replay, type ReplayReport } from '../../src/replay/replay.ts'
import { createBalancer } from '../../src/balancers/balancer-options.ts'
import { createPolicy } from '../../src/policies/policy-options.ts'
import { generateAzure2019 } from '../../src/trace/azure-2019-generator.ts'

function report(): Promise<ReplayReport> {
  return replay(generateAzure2019({ invocations: 2_000 }), {
    schedulers: [{ name: 'pull <own>', create: () => createBalancer({ balancer: 'pull' }) }],
    policies: [
      { name: 'hybrid', create: () => createPolicy({ policy: 'hybrid' }) },
      { name: 'greedy-dual', create: () => createPolicy({ policy: 'greedy-dual' }) },
    ],
  })
}

describe('a report', () => {
  it('is a table with a line for each combination', async () => {
    const made = await report()
    const lines = reportTable(made).split('\n')
    expect(lines[0]).toBe('azure-2019, 2000 invocations of 10 functions, seed 1')
    expect(lines[3]).toMatch(/^scheduler +policy +cold +cold, Q3 +wasted GB·s/)
    const { coldShare } = made.results[1]!.figures
    expect(lines[5]).toMatch(/^pull <own> +greedy-dual /)
    expect(lines[5]).toContain(`${(coldShare * 100).toFixed(2)} %`)
    expect(lines).toHaveLength(6)
  })

  it('is a picture that is well formed and names each combination', async () => {
    const svg = reportSvg(await report())
    expect(svg.match(/<circle /g)).toHaveLength(2)
    expect(svg).toContain('pull &lt;own&gt;, hybrid')
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    const opened = svg.match(/<(svg|text)\b/g)!.length
    expect(svg.match(/<\/(svg|text)>/g)).toHaveLength(opened)
  })
})

describe('a histogram', () => {
  it('tells percentiles to within half a percent', () => {
    const histogram = new LogHistogram()
    for (let value = 1; value <= 100_000; value++) histogram.add(value)
    for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
      expect(Math.abs(histogram.percentile(share) / (share * 100_000) - 1)).toBeLessThan(0.005)
    }
    expect(histogram.mean).toBe(50_000.5)
  })

  it('knows what is nothing, and what is very much', () => {
    const histogram = new LogHistogram()
    expect(histogram.percentile(0.5)).toBe(0)
    histogram.add(0)
    histogram.add(1e15)
    expect(histogram.percentile(0.5)).toBe(0)
    expect(histogram.percentile(1) / 1e15).toBeCloseTo(1, 2)
  })
})
