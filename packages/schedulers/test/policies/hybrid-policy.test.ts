import { describe, expect, it } from 'vitest'
import { HybridPolicy } from '../../src/policies/hybrid-policy.ts'

const MINUTE = 60_000
const HOURS_4 = 240 * MINUTE

/** Lets an action be idle for these times, one after another, and asks what becomes of its container. */
function after(policy: HybridPolicy, idleMs: readonly number[], key = 'a') {
  let nowMs = 0
  policy.arrived({ key, memoryMb: 128, nowMs })
  let decision = policy.keepAlive({ key, memoryMb: 128, idleSinceMs: nowMs })
  for (const ms of idleMs) {
    nowMs += ms
    policy.arrived({ key, memoryMb: 128, nowMs })
    decision = policy.keepAlive({ key, memoryMb: 128, idleSinceMs: nowMs })
  }
  return decision
}

const total = ({ suspendAfterMs, destroyAfterMs }: { suspendAfterMs: number; destroyAfterMs: number }): number =>
  suspendAfterMs + destroyAfterMs

describe('the hybrid policy', () => {
  it('keeps what it does not know yet for the whole range', () => {
    expect(total(after(new HybridPolicy(), []))).toBe(HOURS_4)
    expect(total(after(new HybridPolicy(), [MINUTE, MINUTE]))).toBe(HOURS_4)
  })

  it('gives up the container of an action that comes every half an hour, and has another made shortly before', () => {
    const { suspendAfterMs, destroyAfterMs, prewarm } = after(new HybridPolicy(), Array(20).fill(30.5 * MINUTE))
    expect([suspendAfterMs, destroyAfterMs]).toEqual([0, 0])
    // 10 % before the bin of the head, and 10 % after that of the tail.
    expect(prewarm!.afterMs).toBeCloseTo(27 * MINUTE)
    expect(prewarm!.afterMs + prewarm!.keepMs).toBeCloseTo(34.1 * MINUTE)
  })

  it('keeps the container of one that comes often until the tail of its idle times', () => {
    const often = Array.from({ length: 200 }, (_, index) => (index % 20 === 0 ? 4.5 * MINUTE : 10_000))
    const decision = after(new HybridPolicy(), often)
    expect(decision.prewarm).toBeUndefined()
    expect(total(decision)).toBeCloseTo(5.5 * MINUTE)
  })

  it('leaves the first and the last hundredths aside', () => {
    const idle = Array.from({ length: 200 }, (_, index) =>
      index === 0 ? 1_000 : index === 1 ? 200 * MINUTE : 10.5 * MINUTE,
    )
    const { prewarm } = after(new HybridPolicy(), idle)
    expect(prewarm!.afterMs).toBeCloseTo(9 * MINUTE)
    expect(prewarm!.afterMs + prewarm!.keepMs).toBeCloseTo(12.1 * MINUTE)
  })

  it('keeps for the whole range where all idle times are as frequent', () => {
    const even = Array.from({ length: 480 }, (_, index) => (index % 240) * MINUTE + 1)
    expect(total(after(new HybridPolicy(), even))).toBe(HOURS_4)
  })

  it('keeps for a fixed time where idle times are out of bounds', () => {
    expect(total(after(new HybridPolicy(), Array(10).fill(5 * HOURS_4)))).toBe(600_000)
    expect(total(after(new HybridPolicy({ rareKeepMs: 5_000 }), Array(10).fill(5 * HOURS_4)))).toBe(5_000)
  })

  it('learns of each action apart', () => {
    const policy = new HybridPolicy()
    expect(after(policy, Array(20).fill(30.5 * MINUTE), 'rare').prewarm).toBeDefined()
    expect(total(after(policy, [], 'new'))).toBe(HOURS_4)
  })

  it('counts the idle time of the container that a call takes, where calls overlap', () => {
    const policy = new HybridPolicy()
    const come = (nowMs: number): void => policy.arrived({ key: 'a', memoryMb: 128, nowMs })
    const rest = (idleSinceMs: number) => policy.keepAlive({ key: 'a', memoryMb: 128, idleSinceMs })
    // Two at once, every ten and a half minutes: the second has been idle as long as the first.
    for (let round = 0; round < 20; round++) {
      const nowMs = round * 10.5 * MINUTE
      come(nowMs)
      come(nowMs)
      rest(nowMs)
      rest(nowMs + 1)
    }
    const { prewarm } = rest(300 * MINUTE)
    expect(prewarm!.afterMs).toBeCloseTo(9 * MINUTE)
  })

  it('remembers no more actions than it should', () => {
    const policy = new HybridPolicy({ rememberedActions: 2 })
    after(policy, Array(20).fill(30.5 * MINUTE), 'a')
    after(policy, [], 'b')
    after(policy, [], 'c')
    expect(total(policy.keepAlive({ key: 'a', memoryMb: 128, idleSinceMs: 0 }))).toBe(HOURS_4)
  })

  it.each([
    [{ head: 2 }, 'hybridPolicy: option head must be a number from 0 to 1'],
    [{ head: 0.9, tail: 0.5 }, 'hybridPolicy: option tail must not be less than head'],
    [{ binMs: 0 }, 'hybridPolicy: option binMs must be a number above 0'],
    [{ rangeMs: 1_000 }, 'hybridPolicy: option rangeMs must not be less than binMs'],
    [{ rareKeepMs: Number.NaN }, 'hybridPolicy: option rareKeepMs must be a number, 0 or more'],
  ])('says what is wrong with %j', (options, message) => {
    expect(() => new HybridPolicy(options)).toThrow(message)
  })
})
