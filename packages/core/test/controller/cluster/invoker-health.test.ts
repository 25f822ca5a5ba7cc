import { describe, expect, it } from 'vitest'
import { InvokerHealth, PROBE_EVERY_MS, type InvokerOutcome } from '../../../src/controller/cluster/invoker-health.ts'

function healthy(): InvokerHealth {
  const health = new InvokerHealth()
  health.ping(true, 0)
  health.outcome('success', 0)
  return health
}

function after(health: InvokerHealth, ...outcomes: readonly InvokerOutcome[]): string {
  for (const outcome of outcomes) health.outcome(outcome, 0)
  return health.state
}

describe('the health of an invoker', () => {
  it('is proved by a test action before it is used', () => {
    const health = new InvokerHealth()
    expect(health.state).toBe('offline')
    expect(health.takeProbe(0)).toBe(false)
    health.ping(true, 5)
    expect(health.state).toBe('unhealthy')
    expect(health.takeProbe(5)).toBe(true)
    expect(health.takeProbe(5)).toBe(false)
    health.outcome('success', 6)
    expect(health.state).toBe('healthy')
    expect(health.takeProbe(6 + PROBE_EVERY_MS)).toBe(false)
  })

  it('is tried again each minute while it is bad', () => {
    const health = new InvokerHealth()
    health.ping(true, 0)
    expect(health.takeProbe(0)).toBe(true)
    expect(health.takeProbe(PROBE_EVERY_MS - 1)).toBe(false)
    expect(health.takeProbe(PROBE_EVERY_MS)).toBe(true)
  })

  it.each<[outcomes: InvokerOutcome[], state: string]>([
    [['system-error'], 'unhealthy'],
    [['timeout'], 'unresponsive'],
    [['success', 'success', 'success', 'system-error', 'system-error', 'system-error'], 'healthy'],
    [['success', 'success', 'success', 'system-error', 'system-error', 'system-error', 'system-error'], 'unhealthy'],
    [['success', 'success', 'success', 'timeout', 'timeout', 'timeout', 'timeout'], 'unresponsive'],
  ])('bears few bad ends among many good ones: %j is %s', (outcomes, state) => {
    expect(after(healthy(), ...outcomes)).toBe(state)
  })

  it.each([
    ['system-error', 'unhealthy'],
    ['timeout', 'unresponsive'],
  ] as const)(
    'comes back from %s with a success, and asks for the next proof at once when that is not enough',
    (bad, state) => {
      expect(after(healthy(), bad, 'success')).toBe('healthy')
      const health = healthy()
      expect(after(health, bad, bad, bad, bad)).toBe(state)
      expect(health.takeProbe(10)).toBe(true)
      health.outcome('success', 20)
      expect(health.state).toBe(state)
      expect(health.takeProbe(20)).toBe(true)
      // The bad ends are forgotten after ten others.
      for (let count = 0; count < 10; count++) health.outcome('success', 30)
      expect(health.state).toBe('healthy')
    },
  )

  it('is offline while nothing is heard, or while it says that it takes no more, and begins anew after that', () => {
    for (const leave of [
      (health: InvokerHealth) => health.silence(1),
      (health: InvokerHealth) => health.ping(false, 1),
    ]) {
      const health = healthy()
      leave(health)
      expect(health.state).toBe('offline')
      health.outcome('success', 2)
      expect(health.state).toBe('offline')
      health.ping(true, 3)
      expect(health.state).toBe('unhealthy')
    }
  })
})
