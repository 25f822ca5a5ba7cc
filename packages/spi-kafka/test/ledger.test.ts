import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ledger } from '../src/consume/ledger.ts'
import { readProgress, writeProgress } from '../src/consume/progress-record.ts'

const entry = (offset: number, attempts = 0) => ({ offset, attempts })

describe('the ledger of a partition', () => {
  it('commits up to the first message that is not acknowledged', () => {
    const ledger = new Ledger(10)
    for (const offset of [10, 11, 13, 14]) ledger.hold(entry(offset))
    expect(ledger.base).toBe(10)
    ledger.acknowledge(13)
    expect(ledger.base).toBe(10)
    ledger.acknowledge(10)
    // Offset 12 does not exist: a transaction marker, or compacted away.
    expect(ledger.base).toBe(11)
    ledger.acknowledge(11)
    expect(ledger.base).toBe(14)
    ledger.acknowledge(14)
    expect([ledger.base, ledger.position, ledger.size]).toEqual([15, 15, 0])
  })

  it('passes on to the next reader what became of each message', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.array(fc.constantFrom('acknowledged', 'handed-out', 'untouched', 'missing'), { maxLength: 60 }),
        fc.nat(60),
        (start, fates, readAgain) => {
          const ledger = new Ledger(start)
          for (const [index, fate] of fates.entries()) {
            if (fate !== 'missing') ledger.hold(entry(start + index, fate === 'handed-out' ? 1 : 0))
          }
          for (const [index, fate] of fates.entries()) if (fate === 'acknowledged') ledger.acknowledge(start + index)

          // Twice, the second time by a reader that has got only part of the way.
          const first = readProgress(
            writeProgress({ owner: 'a', epoch: 1, runs: ledger.runs() }, ledger.base),
            ledger.base,
          )!
          const partly = new Ledger<ReturnType<typeof entry>>(ledger.base, first.runs)
          for (let offset = ledger.base; offset < Math.min(ledger.base + readAgain, start + fates.length); offset++) {
            const state = partly.earlierStateOf(offset)
            if (state === 'acknowledged') partly.skip(offset)
            else partly.hold(entry(offset, state === 'handed-out' ? 1 : 0))
          }
          const second = readProgress(
            writeProgress({ owner: 'b', epoch: 36, runs: partly.runs() }, partly.base),
            partly.base,
          )!
          const last = new Ledger(partly.base, second.runs)
          for (const [index, fate] of fates.entries()) {
            const offset = start + index
            if (offset < last.base || fate === 'missing') continue
            expect(last.earlierStateOf(offset)).toBe(fate)
          }
          // Nothing that is not acknowledged lies before the offset that is committed.
          const open = fates.findIndex((fate) => fate === 'handed-out' || fate === 'untouched')
          if (open >= 0) expect(last.base).toBeLessThanOrEqual(start + open)
        },
      ),
    )
  })
})

describe('the record of progress', () => {
  it('tells whose it is, and in which hand', () => {
    const text = writeProgress({ owner: 'me', epoch: 100, runs: [] }, 7)
    expect(readProgress(text, 7)).toEqual({ owner: 'me', epoch: 100, runs: [] })
  })

  it('never says that a message was not handed out, or was acknowledged, when there is no room to tell', () => {
    const ledger = new Ledger(0)
    for (let offset = 0; offset < 8_000; offset++) ledger.hold(entry(offset, offset % 4 === 0 ? 1 : 0))
    for (let offset = 0; offset < 8_000; offset += 4) ledger.acknowledge(offset + 1)
    const text = writeProgress({ owner: 'a', epoch: 1, runs: ledger.runs() }, 0)
    expect(text.length).toBeLessThanOrEqual(4_096)
    const next = new Ledger(0, readProgress(text, 0)!.runs)
    let told = 0
    for (let offset = 0; offset < 8_000 - 3; offset++) {
      const truth = offset % 4 === 0 ? 'handed-out' : offset % 4 === 1 ? 'acknowledged' : 'untouched'
      const state = next.earlierStateOf(offset)
      if (state === truth) told++
      else expect(state).toBe('handed-out')
    }
    expect(told).toBeGreaterThan(2_000)
  })

  it.each([null, '', 'something else', 's1:a:1:A', 's1:A:1:', 's2:a:1:A1', 's1:a:1:A1B2', 's1:a:A1'])(
    'of another program is none: %j',
    (text) => {
      expect(readProgress(text, 5)).toBeUndefined()
    },
  )
})
