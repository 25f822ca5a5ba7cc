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

/** Twenty jobs of one action, each as long after the end of the one before as the one before that. */
function regularly(policy: PoolPolicy, everyMs: number, onIdle: (container: IdleContainer) => void): void {
  const key = `ns/every${everyMs}`
  for (let round = 0, nowMs = 0; round < 20; round++, nowMs += everyMs) {
    policy.arrived?.(Object.freeze({ key, memoryMb: 256, nowMs }))
    if (round === 0) policy.initialised?.(Object.freeze({ key, memoryMb: 256, tookMs: 300 }))
    onIdle(Object.freeze({ key, memoryMb: 256, idleSinceMs: nowMs }))
  }
}

const PERIODS_MS = [0, 1, 1_000, 90_000, 1_800_000, 36_000_000]

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
    id: 'pool-policy.prewarms-after-a-time',
    async run(policy) {
      for (const everyMs of PERIODS_MS) {
        regularly(policy, everyMs, (container) => {
          const { suspendAfterMs, destroyAfterMs, prewarm } = policy.keepAlive(container)
          assert.ok(isSpan(suspendAfterMs) && isSpan(destroyAfterMs), 'how long it is kept is no time')
          if (prewarm === undefined) return
          assert.ok(isSpan(prewarm.afterMs), `afterMs is ${String(prewarm.afterMs)}`)
          assert.ok(isSpan(prewarm.keepMs), `keepMs is ${String(prewarm.keepMs)}`)
        })
      }
    },
  },
  {
    id: 'pool-policy.worth-is-a-number',
    async run(policy) {
      const weigh = (container: IdleContainer): void => {
        const worth: unknown = policy.worth?.(container) ?? 0
        assert.ok(typeof worth === 'number' && !Number.isNaN(worth), `worth is ${String(worth)}`)
      }
      for (const container of containers(50)) weigh(container)
      for (const everyMs of PERIODS_MS) regularly(policy, everyMs, weigh)
    },
  },
  {
    id: 'pool-policy.can-be-told-anything',
    async run(policy) {
      // In any order, also of containers and actions that it was never asked about.
      for (const container of containers(50)) {
        policy.evicted?.(container)
        if (container.key === undefined) continue
        policy.initialised?.({ key: container.key, memoryMb: container.memoryMb, tookMs: 0 })
        policy.arrived?.({ key: container.key, memoryMb: container.memoryMb, nowMs: container.idleSinceMs })
        policy.arrived?.({ key: container.key, memoryMb: container.memoryMb, nowMs: container.idleSinceMs })
      }
      for (const container of containers(50)) {
        policy.keepAlive(container)
        policy.evicted?.(container)
      }
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
