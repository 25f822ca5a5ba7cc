import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HighWaterMark } from '../src/high-water-mark.ts'

describe('the mark of what was acknowledged', () => {
  let dir: string
  const fileOf = (): string => join(dir, 'stemcell.mark')

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'stemcell-mark-'))))
  afterEach(() => rmSync(dir, { recursive: true }))

  function written(): void {
    const mark = new HighWaterMark(dir)
    mark.begin({ commit: 1, synced: 1, journal: 1, journalBytes: 1 })
    mark.committed(70_000, 69_999)
    mark.journaled(3, 12_345)
    mark.logged(7, 54_321)
    mark.close()
  }

  it('is read by the next life', () => {
    expect(new HighWaterMark(dir).read()).toBeUndefined()
    written()
    const records = { segment: 7, bytes: 54_321 }
    const expected = { commit: 70_000, synced: 69_999, journal: 3, journalBytes: 12_345, records, sameBoot: true }
    expect(new HighWaterMark(dir).read()).toEqual(expected)
  })

  it('is written once for all that is appended in one step, and before anything else happens', async () => {
    const mark = new HighWaterMark(dir)
    mark.begin({ commit: 1, synced: 1, journal: 1, journalBytes: 1 })
    const bytesTold = (): number | undefined => new HighWaterMark(dir).read()?.journalBytes
    for (const bytes of [10, 20, 30]) mark.journaledSoon(1, bytes)
    expect(bytesTold()).toBe(1)
    await Promise.resolve()
    expect(bytesTold()).toBe(30)
    mark.journaledSoon(1, 40)
    mark.journaled(2, 5)
    await Promise.resolve()
    expect(bytesTold()).toBe(5)
    mark.journaledSoon(2, 50)
    mark.loggedSoon(1, 60)
    mark.close()
    expect(bytesTold()).toBe(50)
    expect(new HighWaterMark(dir).read()?.records).toEqual({ segment: 1, bytes: 60 })
  })

  it('is right or unreadable, whichever bit changes and wherever it is cut', () => {
    written()
    const whole = readFileSync(fileOf())
    const expected = new HighWaterMark(dir).read()
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole)
      changed[at] = changed[at]! ^ (1 << (at % 8))
      writeFileSync(fileOf(), changed)
      expect(new HighWaterMark(dir).read(), `bit of byte ${at}`).toEqual(expected)
      writeFileSync(fileOf(), whole.subarray(0, at))
      const { records, ...ofFormat4 } = expected!
      const readable = [undefined, JSON.stringify(expected), JSON.stringify(ofFormat4)]
      expect(records, 'is at the end').toBeDefined()
      expect(readable).toContain(JSON.stringify(new HighWaterMark(dir).read()))
    }
  })
})
