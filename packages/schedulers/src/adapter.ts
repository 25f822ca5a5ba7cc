import { defineAdapter } from '@stemcell/core'
import { balancerOptions, createBalancer } from './balancers/balancer-options.ts'
import { createPolicy, policyOptions } from './policies/policy-options.ts'

/** For configuration files: `policy` and `balancer` say which of those in the package, their options stand beside. */
export default defineAdapter({
  provides: {
    poolPolicy: {
      options: policyOptions,
      create: (options) => ({ name: '@stemcell/schedulers', core: '^0.1.0', build: () => createPolicy(options) }),
    },
    loadBalancer: {
      options: balancerOptions,
      create: (options) => ({ name: '@stemcell/schedulers', core: '^0.1.0', build: () => createBalancer(options) }),
    },
  },
})
