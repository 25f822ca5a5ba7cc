import { runPoolPolicyConformance } from '@stemcell/conformance/node-test'
import { MyPoolPolicy } from '../src/index.js'

runPoolPolicyConformance('__NAME__', { create: () => new MyPoolPolicy({ keepMs: 60_000 }) })
