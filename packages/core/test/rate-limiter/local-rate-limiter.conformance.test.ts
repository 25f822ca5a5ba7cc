import { runRateLimiterConformance } from '@stemcell/conformance/vitest'
import { LocalRateLimiter } from '../../src/rate-limiter/local-rate-limiter.ts'
import { adapterContext } from '../../src/adapter.ts'
import { VirtualClock } from '../../src/time/virtual-clock.ts'

const clock = new VirtualClock()

runRateLimiterConformance('local', {
  create: () => new LocalRateLimiter(adapterContext({ clock })),
  capabilities: { scope: 'process' },
  nextMinute: () => clock.advance(60_000),
})
