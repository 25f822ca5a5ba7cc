import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeySpace, readRowKey, rowBounds, rowCountOf, rowCountOfRange, rowsCounted } from '@stemcell/core/sorted-store'

const keys = new KeySpace('e')
const name = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', '/', '\0', '\u0001', '\u0002', '\ud800', 'é', '😀'),
  maxLength: 6,
})
const order = fc.maxSafeNat()

function bytes(key: string): Buffer {
  return Buffer.from(key, 'utf8')
}

describe('keys', () => {
  it('give back the id and the order of a row, whatever characters the names have', () => {
    fc.assert(
      fc.property(name, name, order, (id, partition, number) => {
        const prefix = keys.rows('x', partition)
        const key = bytes(keys.row(id, { index: 'x', partition, order: number, place: 3 })).toString('utf8')
        expect(readRowKey(prefix, key)).toEqual({ order: number, id, place: 3 })
        expect(keys.idOfDocument(bytes(keys.document(id)).toString('utf8'))).toBe(id)
        expect(keys.partitionOfRowCount('x', keys.rowCount('x', partition))).toBe(partition)
      }),
    )
  })

  it('tell where the number of their rows is kept, and which ranges are all of these', () => {
    fc.assert(
      fc.property(name, name, order, (id, partition, number) => {
        const key = keys.rowCount('x', partition)
        expect(rowCountOf(keys.row(id, { index: 'x', partition, order: number, place: 3 }))).toBe(key)
        const prefix = keys.rows('x', partition)
        expect(rowCountOfRange(rowBounds(prefix, {})!)).toBe(key)
        expect(rowsCounted(key).gte).toBe(prefix)
        expect(rowCountOfRange(rowBounds(prefix, { from: 1 })!)).toBeUndefined()
        expect(rowCountOfRange(rowBounds(prefix, { to: number % 2 ** 50 })!)).toBeUndefined()
        for (const other of [keys.document(id), keys.attachment(id, 'a')]) expect(rowCountOf(other)).toBeUndefined()
      }),
    )
    expect(rowCountOfRange(keys.allRows('x'))).toBeUndefined()
    expect(rowCountOfRange(keys.all('documents'))).toBeUndefined()
  })

  it('are different for different names, and rows of one partition never begin like those of another', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one !== other)
        expect(bytes(keys.document(one)).equals(bytes(keys.document(other)))).toBe(false)
        const row = keys.row('id', { index: 'x', partition: other, order: 1, place: 0 })
        expect(
          bytes(row)
            .toString('utf8')
            .startsWith(bytes(keys.rows('x', one)).toString('utf8')),
        ).toBe(false)
      }),
    )
  })

  it('sort rows by order', () => {
    fc.assert(
      fc.property(order, order, name, name, (one, other, idOfOne, idOfOther) => {
        fc.pre(one < other)
        const row = (id: string, number: number) =>
          keys.row(id, { index: 'x', partition: 'p', order: number, place: 0 })
        expect(Buffer.compare(bytes(row(idOfOne, one)), bytes(row(idOfOther, other)))).toBe(-1)
      }),
    )
  })

  it('bounds hold exactly the rows of the range', () => {
    const wide = fc.oneof(
      order,
      fc.integer({ min: -5, max: 5 }),
      fc.constant(2 ** 53),
      fc.double({ noNaN: true, min: -3, max: 3 }),
    )
    fc.assert(
      fc.property(
        fc.option(wide, { nil: undefined }),
        fc.option(wide, { nil: undefined }),
        order,
        (from, to, number) => {
          const key = keys.row('id', { index: 'x', partition: 'p', order: number, place: 0 })
          const bounds = rowBounds(keys.rows('x', 'p'), { from, to })
          const inside = bounds !== undefined && key >= bounds.gte && key < bounds.lt
          expect(inside).toBe(number >= (from ?? 0) && number <= (to ?? Infinity))
        },
      ),
    )
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuse %d as the order of a row', (wrong) => {
    expect(() => keys.row('id', { index: 'x', partition: 'p', order: wrong, place: 0 })).toThrow(TypeError)
  })
})
