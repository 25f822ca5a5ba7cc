import { before, describe, it } from 'node:test'
import type { ConformanceSuite } from './kit/conformance-suite.ts'
import { runners } from './runners.ts'

/** Declares a suite to the test runner of Node.js. */
export function runSuite({ name, tests, suites = [], prepare }: ConformanceSuite): void {
  void describe(name, () => {
    if (prepare) before(prepare)
    for (const test of tests) {
      void it(test.name, { timeout: test.timeoutMs ?? 20_000 }, async (context) => {
        const outcome = await test.run()
        if (outcome) context.skip(outcome.skipped)
      })
    }
    for (const inner of suites) runSuite(inner)
  })
}

export const {
  runQueueConformance,
  runLoadBalancerConformance,
  runRateLimiterConformance,
  runAuthConformance,
  runContainerFactoryConformance,
  runRestConformance,
  runRuntimeTransportConformance,
  runSystemPackageConformance,
  runLogStoreConformance,
  runPoolPolicyConformance,
  runEntityStoreConformance,
  runSubjectStoreConformance,
  runActivationStoreConformance,
  runConformance,
  proveKitBites,
} = runners(runSuite)
