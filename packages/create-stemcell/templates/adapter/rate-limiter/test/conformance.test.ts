import { adapterContext, VirtualClock } from '@stemcell/core'
import { runRateLimiterConformance } from '@stemcell/conformance/node-test'
import { capabilities, MyRateLimiter } from '../src/index.js'

const clock = new VirtualClock()

runRateLimiterConformance('__NAME__', {
  create: () => new MyRateLimiter({ url: 'memory:' }, adapterContext({ clock })),
  capabilities,
  nextMinute: () => clock.advance(60_000),
})
