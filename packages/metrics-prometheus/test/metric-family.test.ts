import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { CellFamily, HistogramFamily } from '../src/metric-family.ts'

async function linesOf(register: Registry): Promise<string[]> {
  return (await register.metrics()).trim().split('\n')
}

describe('a family of counters or gauges', () => {
  it('is written as Prometheus reads it, one line for each set of labels', async () => {
    const register = new Registry()
    const family = new CellFamily(register, 'counter', { name: 'calls_total', help: 'Calls', labelNames: ['a', 'b'] })
    family.with('1', '2').value++
    family.with('1', '2').value += 2
    family.with('x"\n\\', '').value++
    expect(await linesOf(register)).toEqual([
      '# HELP calls_total Calls',
      '# TYPE calls_total counter',
      'calls_total{a="1",b="2"} 3',
      'calls_total{a="x\\"\\n\\\\",b=""} 1',
    ])
  })

  it('without labels is 0 from the start', async () => {
    const register = new Registry()
    const cell = new CellFamily(register, 'gauge', { name: 'now', help: 'Now' }).with()
    expect((await linesOf(register)).at(-1)).toBe('now 0')
    cell.value = 1.5
    expect((await linesOf(register)).at(-1)).toBe('now 1.5')
  })

  it('has a name of its own', () => {
    const register = new Registry()
    const make = () => new CellFamily(register, 'gauge', { name: 'now', help: 'Now' })
    make()
    expect(make).toThrow(/already been registered/)
  })
})

describe('a family of histograms', () => {
  it('counts each value up to every bound that it does not exceed', async () => {
    const register = new Registry()
    const family = new HistogramFamily(register, [0.5, 1], { name: 'took', help: 'Took', labelNames: ['l'] })
    for (const value of [0.1, 0.5, 0.7, 1, 3]) family.with('v').observe(value)
    expect(await linesOf(register)).toEqual([
      '# HELP took Took',
      '# TYPE took histogram',
      'took_bucket{l="v",le="0.5"} 2',
      'took_bucket{l="v",le="1"} 4',
      'took_bucket{l="v",le="+Inf"} 5',
      'took_sum{l="v"} 5.3',
      'took_count{l="v"} 5',
    ])
  })
})
