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
    mark.close()
  }

  it('is read by the next life', () => {
    expect(new HighWaterMark(dir).read()).toBeUndefined()
    written()
    const expected = { commit: 70_000, synced: 69_999, journal: 3, journalBytes: 12_345, sameBoot: true }
    expect(new HighWaterMark(dir).read()).toEqual(expected)
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
      expect([undefined, JSON.stringify(expected)]).toContain(JSON.stringify(new HighWaterMark(dir).read()))
    }
  })
})
