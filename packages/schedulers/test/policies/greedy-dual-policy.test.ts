import { describe, expect, it } from 'vitest'
import { GreedyDualPolicy } from '../../src/policies/greedy-dual-policy.ts'

function idle(key: string, memoryMb = 128) {
  return { key, memoryMb, idleSinceMs: 0 }
}

function used(policy: GreedyDualPolicy, key: string, times: number, costMs = 100, memoryMb = 128): void {
  policy.initialised({ key, memoryMb, tookMs: costMs })
  for (let time = 0; time < times; time++) policy.arrived({ key, memoryMb, nowMs: time })
}

describe('the greedy-dual policy', () => {
  it('keeps everything until its room is needed', () => {
    expect(new GreedyDualPolicy().keepAlive()).toEqual({ suspendAfterMs: 10_000, destroyAfterMs: Infinity })
  })

  it('values what is used often, is dear to make, and is small', () => {
    const policy = new GreedyDualPolicy()
    used(policy, 'plain', 1)
    used(policy, 'frequent', 10)
    used(policy, 'dear', 1, 1_000)
    used(policy, 'large', 1, 100, 1_024)
    const plain = policy.worth(idle('plain'))
    expect(policy.worth(idle('frequent'))).toBeCloseTo(plain * 10)
    expect(policy.worth(idle('dear'))).toBeCloseTo(plain * 10)
    expect(policy.worth(idle('large', 1_024))).toBeCloseTo(plain / 8)
  })

  it('lets what was used long ago go some day, however often it was used', () => {
    const policy = new GreedyDualPolicy()
    used(policy, 'once popular', 10)
    const old = policy.worth(idle('once popular'))
    let rounds = 0
    for (let newer = 0; newer <= old; rounds++) {
      used(policy, `new ${rounds}`, 1)
      const container = idle(`new ${rounds}`)
      newer = policy.worth(container)
      policy.evicted(container)
    }
    expect(rounds).toBeLessThan(12)
  })

  it('forgets how often an action was used once all of its containers have made room', () => {
    const policy = new GreedyDualPolicy()
    used(policy, 'a', 50)
    const container = idle('a')
    const worth = policy.worth(container)
    policy.evicted(container)
    used(policy, 'a', 1)
    // From the clock on, as if it were new.
    expect(policy.worth(idle('a')) - worth).toBeCloseTo(100 / 128)
  })

  it.each([
    [{ pauseGraceMs: -1 }, 'option pauseGraceMs must be a number, 0 or more'],
    [{ idleTimeoutMs: Number.NaN }, 'option idleTimeoutMs must be a number, 0 or more'],
    [{ rememberedActions: 0 }, 'option rememberedActions must be a positive integer'],
  ])('says what is wrong with %j', (options, message) => {
    expect(() => new GreedyDualPolicy(options)).toThrow(`greedyDualPolicy: ${message}`)
  })
})
