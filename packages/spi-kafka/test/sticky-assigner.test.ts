import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignPartitions, type Claim, type GroupMember } from '../src/consume/sticky-assigner.ts'

const claim = (partition: number, busy = false, epoch = 1): Claim => ({ partition, busy, epoch })
const member = (id: string, busy: number[] = [], idle: number[] = []): GroupMember => ({
  id,
  claims: [...busy.map((partition) => claim(partition, true)), ...idle.map((partition) => claim(partition))],
})
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('the partitions of a group', () => {
  it('stay where they are when a member joins that none is left for', () => {
    const assigned = assignPartitions([0], [member('a'), member('b', [], [0]), member('c')])
    expect(assigned).toEqual(new Map([['a', []], ['b', [0]], ['c', []]])) // prettier-ignore
  })

  it('move when one is idle rather than one that is busy', () => {
    const assigned = assignPartitions(range(4), [member('a'), member('b', [1, 3], [0, 2])])
    expect(assigned).toEqual(new Map([['a', [0, 2]], ['b', [1, 3]]])) // prettier-ignore
  })

  it('stay with who had them last, whatever one that was away believes', () => {
    const away = { id: 'a', claims: [claim(0, true, 4)] }
    const present = { id: 'b', claims: [claim(0, false, 5)] }
    expect(assignPartitions([0], [away, present]).get('b')).toEqual([0])
    expect(assignPartitions([0], [{ ...away, id: 'c' }, present]).get('b')).toEqual([0])
  })

  it('are dealt evenly, each to one, and none moves without need', () => {
    fc.assert(
      fc.property(
        fc.nat(12),
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.record({ by: fc.nat(5), partition: fc.nat(15), busy: fc.boolean() }), { maxLength: 20 }),
        (count, ids, claims) => {
          const members = ids.map((id, index) => {
            const own = claims.filter(({ by }) => by % ids.length === index)
            const of = (busy: boolean): number[] => own.flatMap((one) => (one.busy === busy ? [one.partition] : []))
            return member(id, of(true), of(false))
          })
          const assigned = assignPartitions(range(count), members)
          expect([...assigned.keys()].sort()).toEqual([...ids].sort())
          expect([...assigned.values()].flat().sort((a, b) => a - b)).toEqual(range(count))
          const sizes = [...assigned.values()].map(({ length }) => length)
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)

          const again = [...assigned].map(([id, own]) => member(id, [], own))
          expect(assignPartitions(range(count), again)).toEqual(assigned)
        },
      ),
    )
  })
})
