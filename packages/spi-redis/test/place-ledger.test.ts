import { describe, expect, it } from 'vitest'
import { PlaceLedger } from '../src/rate-limiter/place-ledger.ts'

describe('the ledger of places', () => {
  it('tells a doubtful namespace only when nothing of it is under way, and then what is held', () => {
    const ledger = new PlaceLedger()
    ledger.add('ns', 2)
    ledger.began('ns')
    ledger.doubt('ns')
    expect(ledger.takeDoubts(10)).toEqual([])
    ledger.add('ns', 1)
    ledger.ended('ns')
    expect(ledger.takeDoubts(10)).toEqual([['ns', 3]])
    expect(ledger.takeDoubts(10)).toEqual([])
  })

  it('tells that nothing is held any more', () => {
    const ledger = new PlaceLedger()
    ledger.add('ns', 1)
    ledger.add('ns', -1)
    ledger.doubt('ns')
    expect(ledger.takeDoubts(10)).toEqual([['ns', 0]])
  })

  it('tells of all that is held, so many at a time, when Redis has forgotten', () => {
    const ledger = new PlaceLedger()
    for (const namespace of ['a', 'b', 'c']) ledger.add(namespace, 1)
    ledger.doubtAll()
    expect(ledger.takeDoubts(2)).toHaveLength(2)
    expect(ledger.takeDoubts(2)).toEqual([['c', 1]])
  })
})
