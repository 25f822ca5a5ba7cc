import { afterAll, beforeAll, describe, it } from 'vitest'
import type { ConformanceSuite } from './kit/conformance-suite.ts'
import { runners } from './runners.ts'

/** Declares a suite to vitest; what is skipped is printed with the reason. */
export function runSuite(suite: ConformanceSuite): void {
  const skipped: string[] = []
  describe(suite.name, () => {
    afterAll(() => {
      for (const line of skipped) process.stdout.write(`skipped ${line}\n`)
    })
    declare(suite, `${suite.name} `, skipped)
  })
}

function declare({ tests, suites = [], prepare }: ConformanceSuite, path: string, skipped: string[]): void {
  if (prepare) beforeAll(prepare)
  for (const { name, timeoutMs, run } of tests) {
    const test = async (context: { skip(reason: string): void }): Promise<void> => {
      const outcome = await run()
      if (!outcome) return
      skipped.push(`${path}${name}: ${outcome.skipped}`)
      context.skip(outcome.skipped)
    }
    it(name, test, timeoutMs)
  }
  for (const inner of suites) describe(inner.name, () => declare(inner, `${path}${inner.name} `, skipped))
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
