import type { Queue } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { SimulatedQueue, simulatedHooks, type QueueFlaws } from '../src/doubles/index.ts'
import { queueCases, queueConformance, runCases } from '../src/index.ts'

/** Adapters as people wrote them, each with one mistake, and what the kit says of it. */
const MISTAKES: Readonly<Record<string, readonly [flaws: QueueFlaws, caught: string]>> = {
  'tells that a message is accepted before it is': [
    { publishesIntoTheVoid: true },
    'queue.publishes-nothing-that-was-not-accepted',
  ],
  'makes no topic': [{ ensuresNothing: true }, 'queue.makes-topics-with-the-settings-asked-for'],
  'never renews a lease': [{ renewsNoLease: true }, 'queue.holds-on-to-a-message-as-long-as-its-handler-runs'],
  'does not say that a lease is lost': [{ abortsNothing: true }, 'queue.redelivers-what-was-acknowledged-too-late'],
  'runs fewer handlers than it may': [{ holdsFewer: true }, 'queue.runs-as-many-handlers-as-it-may'],
  'throws the errors of its driver': [{ failsPlainly: true }, 'queue.publishes-nothing-that-was-not-accepted'],
  'invents messages when it is idle': [{ inventsMessages: true }, 'queue.invents-nothing-while-idle'],
}

describe('the kit of the queue', () => {
  it.each(Object.entries(MISTAKES))('finds an adapter that %s', async (_, [flaws, caught]) => {
    const suite = queueConformance('broken', {
      create: (): Queue => new SimulatedQueue(flaws),
      capabilities: new SimulatedQueue().capabilities,
      ...simulatedHooks,
      patienceMs: 500,
    })
    const { failed } = await runCases(suite, { only: (name) => name === caught })
    expect(failed.map(({ name }) => name)).toEqual([caught])
  })

  it('has a case for each hook, so that none is offered in vain', () => {
    const needed = new Set(queueCases.flatMap(({ needs = [] }) => needs))
    expect([...needed].sort()).toEqual(['another', 'disrupt', 'leaseMs', 'restore', 'settingsOf'])
  })
})
