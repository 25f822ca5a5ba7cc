import { describe, expect, it } from 'vitest'
import type { StatusCode } from '../../../src/model/activation.ts'
import { isStored, type StoreLevel } from '../../../src/invoker/record/store-level.ts'
import { InvokerBench } from '../fakes/invoker-bench.ts'
import { anIdentity } from '../fakes/model-samples.ts'

const bench = new InvokerBench()

function storedStatuses(level: StoreLevel): StatusCode[] {
  const levels = { blocking: level, nonBlocking: 'always' } as const
  return ([0, 1, 2, 3] as const).filter((status) => isStored(bench.message({ blocking: true }), status, levels))
}

describe('the store level', () => {
  it('keeps everything, failures, or failures other than application errors', () => {
    expect(storedStatuses('always')).toEqual([0, 1, 2, 3])
    expect(storedStatuses('failures')).toEqual([1, 2, 3])
    expect(storedStatuses('failures-not-application-errors')).toEqual([2, 3])
  })

  it('is chosen by whether the caller waits', () => {
    const levels = { blocking: 'failures', nonBlocking: 'always' } as const
    expect(isStored(bench.message({ blocking: false }), 0, levels)).toBe(true)
  })

  it('is overridden by extra logging, but not against the will of the namespace', () => {
    const levels = { blocking: 'failures', nonBlocking: 'failures' } as const
    const transaction = { id: 't', start: 0, extraLogging: true }
    expect(isStored(bench.message({ transaction }), 0, levels)).toBe(true)
    const user = anIdentity('guest', { storeActivations: false })
    expect(isStored(bench.message({ transaction, user }), 3, levels)).toBe(false)
  })
})
