import { fixedPolicy, type PoolPolicy } from '@stemcell/core'
import type { BrokenDoubles } from '../kit/bite-suite.ts'

const sound = fixedPolicy({ pauseGraceMs: 10_000, idleTimeoutMs: 600_000 })
const broken = (change: Partial<PoolPolicy>) => (): PoolPolicy => ({ ...sound, ...change })

export const poolPolicyDoubles: BrokenDoubles<PoolPolicy> = {
  'pool-policy.keeps-containers-for-a-time': broken({
    keepAlive: ({ key }) => ({ suspendAfterMs: key === undefined ? Number.NaN : 1, destroyAfterMs: 1 }),
  }),
  'pool-policy.victims-are-of-those-shown': broken({
    victim: () => ({ key: 'made up', memoryMb: 1, idleSinceMs: 0 }),
  }),
  'pool-policy.makes-room-again-and-again': () => {
    let first: ReturnType<PoolPolicy['victim']>
    return { ...sound, victim: (idle) => (first ??= sound.victim(idle)) }
  },
  'pool-policy.looks-at-no-more-however-many-there-are': broken({
    victim: (idle) => [...idle].toSorted((a, b) => b.memoryMb - a.memoryMb)[0],
  }),
  'pool-policy.prewarms-after-a-time': broken({
    keepAlive: (container) => ({
      ...sound.keepAlive(container),
      prewarm: { afterMs: 60_000 - container.idleSinceMs, keepMs: 60_000 },
    }),
  }),
  'pool-policy.worth-is-a-number': () => {
    let calls = 0
    return { ...sound, worth: ({ key }) => (key === undefined ? 0 / calls++ : 1) }
  },
  'pool-policy.can-be-told-anything': () => {
    const starts = new Map<string, number>()
    return {
      ...sound,
      initialised: ({ key, tookMs }) => void starts.set(key, tookMs),
      evicted: ({ key }) => {
        if (!starts.delete(key ?? '')) throw new Error('a container that nobody told of')
      },
    }
  },
  'pool-policy.waits-for-a-time': broken({ reuseWait: ({ runMs, ahead }) => 1000 - runMs * ahead }),
  'pool-policy.stem-cells-are-a-number': broken({ stemCells: (_plan, coldStarts) => coldStarts / 2 }),
}
