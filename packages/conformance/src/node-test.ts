import { before, describe, it } from 'node:test'
import type { ConformanceSuite } from './kit/conformance-suite.ts'
import { runners } from './runners.ts'

/** Declares a suite to the test runner of Node.js. */
export function runSuite({ name, tests, suites = [], prepare }: ConformanceSuite): void {
  void describe(name, () => {
    if (prepare) before(prepare)
    for (const test of tests) {
      void it(test.name, { timeout: test.timeoutMs ?? 20_000 }, async (context) => {
        const outcome = await whileAlive(() => test.run())
        if (outcome) context.skip(outcome.skipped)
      })
    }
    for (const inner of suites) runSuite(inner)
  })
}

/** The timers of what is tested keep no process alive, and this runner ends with the last thing that does. */
async function whileAlive<T>(work: () => Promise<T>): Promise<T> {
  const alive = setInterval(() => undefined, 60_000)
  try {
    return await work()
  } finally {
    clearInterval(alive)
  }
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
  runSortedBackendConformance,
  runLogStoreConformance,
  runPoolPolicyConformance,
  runEntityStoreConformance,
  runSubjectStoreConformance,
  runActivationStoreConformance,
  runConformance,
  proveKitBites,
} = runners(runSuite)
