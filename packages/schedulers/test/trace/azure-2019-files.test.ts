import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { readAzure2019 } from '../../src/trace/azure-2019-files.ts'
import { all } from '../traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-azure-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const MINUTES = Array.from({ length: 1_440 }, (_, minute) => String(minute + 1))

/** A day's row: counts by minute, from 1 on. */
function counts(owner: string, app: string, fn: string, byMinute: Record<number, number>): string {
  return [owner, app, fn, 'http', ...MINUTES.map((minute) => byMinute[Number(minute)] ?? 0)].join(',')
}

function write(stem: string, day: string, rows: readonly string[]): void {
  writeFileSync(join(folder, `${stem}.anon.d${day}.csv`), `${rows.join('\n')}\n`)
}

const DURATIONS =
  'HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,percentile_Average_1,percentile_Average_25,percentile_Average_50,percentile_Average_75,percentile_Average_99,percentile_Average_100'
const MEMORY =
  'HashOwner,HashApp,SampleCount,AverageAllocatedMb,AverageAllocatedMb_pct1,AverageAllocatedMb_pct5,AverageAllocatedMb_pct25,AverageAllocatedMb_pct50,AverageAllocatedMb_pct75,AverageAllocatedMb_pct95,AverageAllocatedMb_pct99,AverageAllocatedMb_pct100'

beforeEach(() => {
  write('invocations_per_function_md', '01', [
    ['HashOwner', 'HashApp', 'HashFunction', 'Trigger', ...MINUTES].join(','),
    counts('o1', 'a1', 'f1', { 1: 2, 3: 40 }),
    counts('o1', 'a1', 'f2', { 1440: 1 }),
    counts('o2', 'a2', 'f3', { 2: 1 }),
  ])
  write('function_durations_percentiles', '01', [
    DURATIONS,
    'o1,a1,f1,50,42,10,100,10,10,20,40,60,100,100',
    'o1,a1,f2,7,1,7,7,7,7,7,7,7,7,7',
  ])
  write('app_memory_percentiles', '01', [MEMORY, 'o1,a1,100,300,1,1,1,1,1,1,1,1'])
})

describe('the data set of 2019', () => {
  it('gives each call a moment of its minute, and a run time of its function', async () => {
    const trace = await readAzure2019(folder)
    const invocations = await all(trace)
    expect(invocations).toHaveLength(44)
    const minutes = invocations.map(({ atMs, fn }) => `${fn.name} ${Math.floor(atMs / 60_000) + 1}`)
    expect(minutes.filter((text) => text === 'o1/a1/f1 1')).toHaveLength(2)
    expect(minutes.filter((text) => text === 'o1/a1/f1 3')).toHaveLength(40)
    expect(minutes.at(-1)).toBe('o1/a1/f2 1440')
    expect(invocations.every(({ atMs }, index) => index === 0 || invocations[index - 1]!.atMs <= atMs)).toBe(true)
    const runs = invocations.filter(({ fn }) => fn.name === 'o1/a1/f1').map(({ runMs }) => runMs)
    expect(Math.min(...runs)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...runs)).toBeLessThanOrEqual(100)
    expect(new Set(runs).size).toBeGreaterThan(20)
    expect(invocations.at(-1)!.runMs).toBe(7)
    expect(await all(trace)).toEqual(invocations)
  })

  it('divides the memory of an application by its functions, and makes up for what the files lack', async () => {
    const fns = new Map((await all(await readAzure2019(folder))).map(({ fn, runMs }) => [fn.name, { ...fn, runMs }]))
    expect(fns.get('o1/a1/f1')).toMatchObject({ namespace: 'o1', memoryMb: 150 })
    expect(fns.get('o2/a2/f3')).toMatchObject({ namespace: 'o2', memoryMb: 140, runMs: 684 })
  })

  it('draws some of the functions', async () => {
    const draw = async (seed: number) => {
      const invocations = await all(await readAzure2019(folder, { functions: 2, seed }))
      return [...new Set(invocations.map(({ fn }) => fn.name))].sort().join(' ')
    }
    const drawn = await Promise.all([1, 2, 3, 4, 5, 6].map(draw))
    expect(drawn.every((names) => names.split(' ').length === 2)).toBe(true)
    expect(new Set(drawn).size).toBeGreaterThan(1)
    expect(await draw(1)).toBe(drawn[0])
  })

  it('takes the last memory file for the days that have none', async () => {
    for (const stem of ['invocations_per_function_md', 'function_durations_percentiles']) {
      write(
        stem,
        '14',
        stem.startsWith('inv')
          ? [
              ['HashOwner', 'HashApp', 'HashFunction', 'Trigger', ...MINUTES].join(','),
              counts('o1', 'a1', 'f1', { 5: 3 }),
            ]
          : [DURATIONS],
      )
    }
    write('app_memory_percentiles', '12', [MEMORY, 'o1,a1,100,400,1,1,1,1,1,1,1,1'])
    expect((await all(await readAzure2019(folder, { day: 14 })))[0]!.fn.memoryMb).toBe(400)
  })

  it('says which file is missing or wrong, and where', async () => {
    await expect(readAzure2019(folder, { day: 15 })).rejects.toThrow('days 1 to 14, not 15')
    await expect(readAzure2019(folder, { day: 2 })).rejects.toThrow(
      /lacks day 2: there is no .*function_durations_percentiles\.anon\.d02\.csv/,
    )
    write('app_memory_percentiles', '01', ['HashOwner,HashApp', 'o1,a1'])
    await expect(readAzure2019(folder)).rejects.toThrow('d01.csv has no column AverageAllocatedMb')
    write('app_memory_percentiles', '01', [MEMORY, 'o1,a1,100,lots,1,1,1,1,1,1,1,1'])
    await expect(readAzure2019(folder)).rejects.toThrow("d01.csv, row 2: 'lots' is not a number")
    write('app_memory_percentiles', '01', [MEMORY])
    write('invocations_per_function_md', '01', [
      ['HashOwner', 'HashApp', 'HashFunction', 'Trigger', ...MINUTES].join(','),
      counts('o1', 'a1', 'f1', { 7: 1.5 }),
    ])
    await expect(readAzure2019(folder)).rejects.toThrow("row 2: '1.5' is no count")
  })
})
