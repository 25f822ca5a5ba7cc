import { describe, expect, it } from 'vitest'
import { readNamespaceLimits } from '../../src/model/read-namespace-limits.ts'
import { newTransaction } from '../../src/model/transaction.ts'
import { SeededRandom } from '../../src/time/seeded-random.ts'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

describe('limits of a namespace', () => {
  it('are read from a stored document, whatever else it holds', () => {
    const limits = {
      invocationsPerMinute: 100,
      concurrentInvocations: 50,
      firesPerMinute: 0,
      allowedKinds: ['nodejs:20'],
      storeActivations: false,
      maxActionMemory: 512,
      maxPayloadSize: '2 MB',
      warmedContainerKeepingTimeout: '10 minutes',
    }
    expect(readNamespaceLimits({ ...limits, _id: 'bob/limits', _rev: '1-a', future: true })).toEqual(limits)
  })

  it.each([{ invocationsPerMinute: 'many' }, { maxPayloadSize: 'huge' }, { allowedKinds: 'nodejs:20' }])(
    'count as none when the document is malformed: %j',
    (document) => expect(readNamespaceLimits(document)).toEqual({}),
  )
})

describe('a transaction', () => {
  const clock = new VirtualClock(5000)

  it('takes the id of the client', () => {
    expect(newTransaction(clock, new SeededRandom(1), 'mine')).toEqual({ id: 'mine', start: 5000 })
  })

  it.each([undefined, '', 'sid_unknown'])('gets an id of its own instead of %j', (requested) => {
    expect(newTransaction(clock, new SeededRandom(1), requested, true)).toEqual({
      id: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
      start: 5000,
      extraLogging: true,
    })
  })
})
