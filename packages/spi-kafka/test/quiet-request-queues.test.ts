import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { quietRequestQueues, requestQueueClass, type RequestQueue } from '../src/connect/quiet-request-queues.ts'

interface Queue extends RequestQueue {
  push(request: object): void
  fulfillRequest(response: object): void
  maybeThrottle(ms: number): void
}

describe('requests of kafkajs', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    quietRequestQueues()
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  function queue(most: number) {
    const sent: number[] = []
    const logger = { debug: () => undefined, warn: () => undefined }
    const options = { maxInFlightRequests: most, requestTimeout: 1000, clientId: 'c', broker: 'b', logger }
    const made = new (requestQueueClass()!)(options) as Queue
    const push = (correlationId: number): void =>
      made.push({
        entry: { correlationId, resolve: () => undefined, reject: () => undefined },
        expectResponse: true,
        sendRequest: () => sent.push(correlationId),
      })
    return { made, push, sent, answer: (correlationId: number) => made.fulfillRequest({ correlationId, size: 0 }) }
  }

  it('leave no timer behind when none waits', () => {
    const { push, sent, answer } = queue(1)
    push(1)
    answer(1)
    expect(sent).toEqual([1])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that wait for the one before leave with its answer', () => {
    const { push, sent, answer } = queue(1)
    push(1)
    push(2)
    expect(sent).toEqual([1])
    answer(1)
    expect(sent).toEqual([1, 2])
    answer(2)
    vi.runAllTimers()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that a broker throttles leave when it allows them', () => {
    const { made, push, sent } = queue(5)
    made.maybeThrottle(300)
    push(1)
    vi.advanceTimersByTime(290)
    expect(sent).toEqual([])
    vi.advanceTimersByTime(20)
    expect(sent).toEqual([1])
    vi.runAllTimers()
    expect(vi.getTimerCount()).toBe(0)
  })
})
