import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { csvTrace, writeCsvTrace } from '../../src/trace/csv-trace.ts'
import { generateAzure2019 } from '../../src/trace/azure-2019-generator.ts'
import { aFunction, all, traceOf } from '../traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-trace-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(text: string | Buffer): string {
  const path = join(folder, `trace${Math.floor(performance.now() * 1e6)}.csv`)
  writeFileSync(path, text)
  return path
}

describe('a trace in CSV', () => {
  it('has functions whose facts count from their first row on', async () => {
    const invocations = await all(
      csvTrace(
        file(
          'at_ms,function,run_ms,memory_mb,init_ms,namespace\n0,"a, b",10.5,512,40,acme\n5,plain,1,,,\n5,"a, b",20,,,\n',
        ),
      ),
    )
    expect(invocations).toEqual([
      { atMs: 0, runMs: 10.5, fn: { name: 'a, b', namespace: 'acme', memoryMb: 512, initMs: 40 } },
      { atMs: 5, runMs: 1, fn: { name: 'plain', namespace: 'default', memoryMb: 256, initMs: undefined } },
      { atMs: 5, runMs: 20, fn: { name: 'a, b', namespace: 'acme', memoryMb: 512, initMs: 40 } },
    ])
    expect(invocations[2]!.fn).toBe(invocations[0]!.fn)
  })

  it('may have its columns in any order, a mark at its beginning, and lines of Windows', async () => {
    const text = '\ufefffunction,run_ms,at_ms\r\na,1,0\r\n'
    expect(await all(csvTrace(file(text)))).toMatchObject([{ atMs: 0, runMs: 1, fn: { name: 'a' } }])
  })

  it('comes back as it was written', async () => {
    const trace = generateAzure2019({ invocations: 10_000 })
    const path = join(folder, 'written.csv')
    await writeCsvTrace(trace, path)
    const [written, read] = [await all(trace), await all(csvTrace(path))]
    expect(read).toHaveLength(10_000)
    expect(read.map(({ fn }) => fn)).toEqual(written.map(({ fn }) => fn))
    for (const [index, { atMs, runMs }] of read.entries()) {
      expect(Math.abs(atMs - written[index]!.atMs)).toBeLessThan(0.001)
      expect(Math.abs(runMs - written[index]!.runMs)).toBeLessThan(0.001)
    }
  })

  it('quotes names that need it', async () => {
    const path = join(folder, 'quoted.csv')
    const fn = aFunction('a "b", c', { namespace: 'x\ny' })
    await writeCsvTrace(traceOf([{ atMs: 1, runMs: 2, fn }]), path)
    expect(readFileSync(path, 'utf8')).toContain('"a ""b"", c"')
    expect((await all(csvTrace(path)))[0]!.fn).toEqual(fn)
  })

  it.each([
    ['', 'is empty: its first row must name the columns'],
    ['at_ms;function;run_ms\n0;a;1\n', 'are separated by semicolons: save it with commas'],
    ['at_ms,function,run_ms,at_ms\n0,a,1,1\n', 'has the column at_ms twice'],
    ['at_ms,function\n0,a\n', 'has no column run_ms; needed are at_ms, function, run_ms'],
    ['at_ms,function,run_ms,memory\n0,a,1,1\n', "has the unknown column 'memory'; there are at_ms, function"],
    ['at_ms,function,run_ms\n0,a,1\n5,a,x\n', "row 3: run_ms is 'x', not a number, 0 or more"],
    ['at_ms,function,run_ms\n0,a,-1\n', "row 2: run_ms is '-1', not a number, 0 or more"],
    ['at_ms,function,run_ms\n,a,1\n', "row 2: at_ms is '', not a number, 0 or more"],
    ['at_ms,function,run_ms\n7,a,1\n6,a,1\n', 'row 3: at_ms is 6, before 7 of an earlier row: sort the rows by at_ms'],
    ['at_ms,function,run_ms\n0,,1\n', 'row 2: function is empty'],
    ['at_ms,function,run_ms,memory_mb\n0,a,1,0\n', "row 2: memory_mb is '0', not a whole number above 0"],
    ['at_ms,function,run_ms\n0,a,1\n1,a\n', 'cannot be read after row 2: Invalid Record Length'],
    ['at_ms,function,run_ms\n0,"a,1\n', 'cannot be read after row 1: Quote Not Closed'],
  ])('%j is refused with what is wrong', async (text, message) => {
    const path = file(text)
    await expect(all(csvTrace(path))).rejects.toThrow(message)
    await expect(all(csvTrace(path))).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    await expect(all(csvTrace(path))).rejects.toThrow(path)
  })

  it('that is cut in the middle of a row is refused', async () => {
    const path = join(folder, 'whole.csv')
    await writeCsvTrace(generateAzure2019({ invocations: 5_000 }), path)
    const text = readFileSync(path)
    await expect(all(csvTrace(file(text.subarray(0, text.length - 20))))).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })

  it('without an end of its line is refused before it is in memory', async () => {
    const path = file(Buffer.alloc(4_000_000, 'x'))
    await expect(all(csvTrace(path))).rejects.toThrow('cannot be read after row 0: Max Record Size')
  })

  it('that is a file of another kind is refused', async () => {
    const path = file(Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 256)))
    await expect(all(csvTrace(path))).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })

  it('that is not there, or cannot be written, is said', async () => {
    await expect(all(csvTrace(join(folder, 'none.csv')))).rejects.toThrow('none.csv cannot be read after row 0: ENOENT')
    const trace = generateAzure2019({ invocations: 10 })
    await expect(writeCsvTrace(trace, join(folder, 'no', 'such.csv'))).rejects.toThrow(
      'such.csv cannot be written: ENOENT',
    )
  })
})
