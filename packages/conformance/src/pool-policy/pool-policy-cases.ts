import assert from 'node:assert/strict'
import type { Demand, IdleContainer, PoolPolicy } from '@stemcell/core'
import type { ConformanceCase } from '../kit/conformance-case.ts'

function idle(index: number): IdleContainer {
  return Object.freeze({
    key: index % 5 === 0 ? undefined : `ns/a${index % 7}`,
    memoryMb: 128 << (index % 3),
    idleSinceMs: index * 10,
  })
}

function* containers(count: number, onShown: (container: IdleContainer) => void = () => undefined) {
  for (let index = 0; index < count; index++) {
    const container = idle(index)
    onShown(container)
    yield container
  }
}

function isSpan(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}

const DEMANDS: readonly Demand[] = [0, 1, 50, 10_000, 600_000].flatMap((runMs) =>
  [0, 1, 1000].flatMap((ahead) =>
    [1, 32].flatMap((slots) => [0, 3, 2000].map((startMs) => ({ runMs, ahead, slots, startMs }))),
  ),
)

const REACTIVE = { minCount: 1, maxCount: 4, ttlMs: 120_000, threshold: 2, increment: 1 }

/** Every promise of the PoolPolicy SPI. */
export const poolPolicyCases: readonly ConformanceCase<PoolPolicy>[] = [
  {
    id: 'pool-policy.keeps-containers-for-a-time',
    async run(policy) {
      for (const container of containers(50)) {
        const { suspendAfterMs, destroyAfterMs } = policy.keepAlive(container)
        assert.ok(isSpan(suspendAfterMs), `suspendAfterMs is ${String(suspendAfterMs)}`)
        assert.ok(isSpan(destroyAfterMs), `destroyAfterMs is ${String(destroyAfterMs)}`)
      }
    },
  },
  {
    id: 'pool-policy.victims-are-of-those-shown',
    async run(policy) {
      assert.equal(policy.victim([]), undefined)
      for (const count of [1, 2, 30]) {
        const shown = new Set<IdleContainer>()
        const victim = policy.victim(containers(count, (container) => shown.add(container)))
        assert.ok(victim === undefined || shown.has(victim), 'a container that was not shown was to go')
      }
    },
  },
  {
    id: 'pool-policy.makes-room-again-and-again',
    async run(policy) {
      const left = new Set(containers(100))
      for (;;) {
        const victim = policy.victim(left)
        if (!victim) break
        assert.ok(left.delete(victim), 'a container was to go that had gone')
      }
    },
  },
  {
    id: 'pool-policy.looks-at-no-more-however-many-there-are',
    async run(policy) {
      const lookedAt = (count: number): number => {
        let shown = 0
        policy.victim(containers(count, () => shown++))
        return shown
      }
      // What it remembers of earlier questions may make the first of them longer.
      lookedAt(1000)
      assert.ok(lookedAt(20_000) <= Math.max(lookedAt(1000), 1), 'time goes with the number of containers')
    },
  },
  {
    id: 'pool-policy.waits-for-a-time',
    async run(policy) {
      for (const demand of DEMANDS) {
        const waitMs: unknown = policy.reuseWait(Object.freeze(demand))
        assert.ok(isSpan(waitMs), `reuseWait is ${String(waitMs)} for ${JSON.stringify(demand)}`)
      }
    },
  },
  {
    id: 'pool-policy.stem-cells-are-a-number',
    async run(policy) {
      for (const coldStarts of [0, 1, 2, 7, 1000]) {
        for (const plan of [
          { memoryMb: 256, initialCount: 2 },
          { memoryMb: 256, initialCount: 0, reactive: REACTIVE },
        ]) {
          const count: unknown = policy.stemCells(Object.freeze(plan), coldStarts)
          assert.ok(Number.isSafeInteger(count) && Number(count) >= 0, `stemCells is ${String(count)}`)
        }
      }
    },
  },
]
