import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crc32c } from '../src/inspection/crc32c.ts'
import { scanLog } from '../src/inspection/log-records.ts'

it('CRC-32C is that of the standard', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
  expect(crc32c(Buffer.from('xx123456789xx'), 2, 11)).toBe(0xe3069283)
})

describe('a log of LevelDB', () => {
  let log: Buffer
  const values = [3, 500, 40_000, 7, 32_000, 100_000, 700, 2, 33_000, 1]

  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'stemcell-log-'))
    const db = new ClassicLevel(dir)
    for (const [index, bytes] of values.entries()) await db.put(`k${index}`, `${index}`.repeat(bytes))
    log = readFileSync(
      join(
        dir,
        readdirSync(dir).find((file) => file.endsWith('.log'))!,
      ),
    )
    await db.close()
    rmSync(dir, { recursive: true })
  })

  afterAll(() => expect(log.length).toBeGreaterThan(0))

  it('is read whole', () => {
    const { records, damagedAt, tornBytes } = scanLog(log)
    expect([damagedAt, tornBytes]).toEqual([[], 0])
    const expected = values.map((bytes, index) => `${index}`.repeat(bytes))
    expect(records.map((record, index) => record.subarray(-expected[index]!.length).toString())).toEqual(expected)
  })

  it('has lost only its end, wherever that is cut off', () => {
    const whole = scanLog(log).records
    fc.assert(
      fc.property(fc.nat(log.length), (end) => {
        const { records, damagedAt } = scanLog(log.subarray(0, end))
        expect(damagedAt).toEqual([])
        expect(records.every((record, index) => record.equals(whole[index]!))).toBe(true)
        expect(records.length === whole.length).toBe(end === log.length)
      }),
    )
  })

  it('is never read as another when bits change, and says so unless they are those of its last record', () => {
    const whole = scanLog(log).records
    const lastAt = log.length - whole.at(-1)!.length - 7
    fc.assert(
      fc.property(fc.nat(log.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(log)
        changed[at] = changed[at]! ^ (1 << bit)
        const { records, damagedAt, tornBytes } = scanLog(changed)
        for (const record of records) expect(whole.some((one) => one.equals(record))).toBe(true)
        // Zeros where no header fits in mean nothing.
        if (records.length < whole.length) expect(at < lastAt ? damagedAt.length : tornBytes).toBeGreaterThan(0)
      }),
    )
  })
})
