import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeBeginning,
  encodeMoved,
  encodeRecord,
  scanSegment,
  textOfEntry,
  type LogEntry,
} from '../src/record-log/log-entry.ts'
import { readReference, referenceText } from '../src/record-log/reference.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => !/\p{Surrogate}/u.test(value))
const key = text.filter((value) => !value.includes('\0'))
const entry = fc.oneof(
  fc.record({ type: fc.constantFrom('record' as const, 'moved' as const), key, text }),
  fc.record({ type: fc.constant('begin' as const), segment: fc.nat(), previous: fc.nat(), previousBytes: fc.nat() }),
)
type Written = typeof entry extends fc.Arbitrary<infer T> ? T : never

function encoded(entries: readonly Written[]): Buffer {
  return Buffer.concat(entries.map((item) => Buffer.from(encode(item))))
}

function encode(item: Written): Buffer {
  if (item.type === 'begin') return encodeBeginning(item)
  if (item.type === 'record') return encodeRecord(item.key, item.text)
  return encodeMoved({ ...item, text: Buffer.from(item.text), at: 0, bytes: 0 })
}

/** Without its place. */
function contentOf(item: LogEntry): Written {
  return item.type === 'begin' ? item : { type: item.type, key: item.key, text: item.text.toString() }
}

describe('the entries of the log of records', () => {
  it('are read as they were written, in their places', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const bytes = encoded(entries)
        const scanned = scanSegment(bytes)
        expect(scanned.entries.map(contentOf)).toEqual(entries)
        expect([scanned.damagedAt, scanned.wholeBytes, scanned.tornBytes]).toEqual([[], bytes.length, 0])
        for (const found of scanned.entries) {
          if (found.type === 'begin') continue
          const alone = bytes.subarray(found.at, found.at + found.bytes)
          expect(textOfEntry(alone, found.key)).toBe(found.text.toString())
          expect(textOfEntry(alone, `${found.key}x`), 'under another key').toBeUndefined()
          expect(textOfEntry(alone.subarray(1), found.key)).toBeUndefined()
        }
      }),
    )
    const large = 'é\n'.repeat(100_000)
    expect(textOfEntry(encodeRecord('k', large), 'k')).toBe(large)
  })

  it('are all there but the one that was being written, wherever the file ends', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), fc.nat(), (entries, cut) => {
        const bytes = encoded(entries)
        const ends = entries.map((_, index) => encoded(entries.slice(0, index + 1)).length)
        const end = cut % bytes.length
        const { entries: read, damagedAt, tornBytes } = scanSegment(bytes.subarray(0, end))
        const complete = ends.filter((length) => length <= end)
        expect(read.map(contentOf)).toEqual(entries.slice(0, complete.length))
        expect([damagedAt, tornBytes]).toEqual([[], end - (complete.at(-1) ?? 0)])
      }),
    )
  })

  it('are not taken for others when a byte changes, and those behind are found again', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 2, maxLength: 5 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (entries, place, by) => {
          const bytes = encoded(entries)
          const at = place % encoded(entries.slice(0, -1)).length
          bytes[at] = bytes[at]! ^ by
          const scanned = scanSegment(bytes)
          expect(scanned.damagedAt).toHaveLength(1)
          expect(scanned.entries.map(contentOf).at(-1)).toEqual(entries.at(-1))
          for (const item of scanned.entries) expect(entries).toContainEqual(contentOf(item))
        },
      ),
    )
  })

  it('are referred to by what no record looks like', () => {
    const reference = { segment: 12, at: 3_456_789_012, bytes: 900 }
    expect(readReference(referenceText(reference))).toEqual(reference)
    for (const value of ['{"a":1}', '', '@', '@1,2', '@1,2,x', '@1,2,3}']) expect(readReference(value)).toBeUndefined()
  })
})
