import type { ActivationStore, DocumentStore } from '@stemcell/core'
import { authConformance } from './auth/auth-conformance.ts'
import { containerFactoryConformance } from './containers/container-factory-conformance.ts'
import { biteSuite, type BrokenDoubles } from './kit/bite-suite.ts'
import type { CaseHooks } from './kit/case-hooks.ts'
import { caseSuite, type ConformanceOptions } from './kit/case-suite.ts'
import type { ConformanceCase } from './kit/conformance-case.ts'
import type { ConformanceSuite } from './kit/conformance-suite.ts'
import { loadBalancerConformance } from './load-balancer/load-balancer-conformance.ts'
import { logStoreConformance } from './log-store/log-store-conformance.ts'
import { poolPolicyConformance } from './pool-policy/pool-policy-conformance.ts'
import { queueConformance } from './queue/queue-conformance.ts'
import { rateLimiterConformance } from './rate-limiter/rate-limiter-conformance.ts'
import { restConformance } from './rest/rest-conformance.ts'
import { runtimeTransportConformance } from './runtime-transport/runtime-transport-conformance.ts'
import { sortedBackendConformance } from './sorted-backend/sorted-backend-conformance.ts'
import {
  activationStoreConformance,
  type ActivationStoreConformanceOptions,
} from './stores/activation-store-conformance.ts'
import {
  entityStoreConformance,
  subjectStoreConformance,
  type DocumentStoreConformanceOptions,
} from './stores/document-store-conformance.ts'
import { systemPackageConformance } from './system-packages/system-package-conformance.ts'

type SuiteOf<Arguments extends unknown[]> = (...args: Arguments) => ConformanceSuite

/** The functions that every test runner offers, by how it declares a suite. */
export function runners(declare: (suite: ConformanceSuite) => void) {
  const run =
    <Arguments extends unknown[]>(suiteOf: SuiteOf<Arguments>) =>
    (...args: Arguments): void =>
      declare(suiteOf(...args))
  return {
    runQueueConformance: run(queueConformance),
    runLoadBalancerConformance: run(loadBalancerConformance),
    runRateLimiterConformance: run(rateLimiterConformance),
    runAuthConformance: run(authConformance),
    runContainerFactoryConformance: run(containerFactoryConformance),
    runRestConformance: run(restConformance),
    runRuntimeTransportConformance: run(runtimeTransportConformance),
    runSystemPackageConformance: run(systemPackageConformance),
    runSortedBackendConformance: run(sortedBackendConformance),
    runLogStoreConformance: run(logStoreConformance),
    runPoolPolicyConformance: run(poolPolicyConformance),
    runEntityStoreConformance: <S extends DocumentStore>(name: string, options: DocumentStoreConformanceOptions<S>) =>
      declare(entityStoreConformance(name, options)),
    runSubjectStoreConformance: <S extends DocumentStore>(name: string, options: DocumentStoreConformanceOptions<S>) =>
      declare(subjectStoreConformance(name, options)),
    runActivationStoreConformance: <S extends ActivationStore>(
      name: string,
      options: ActivationStoreConformanceOptions<S>,
    ) => declare(activationStoreConformance(name, options)),
    /** Any cases on a subject. */
    runConformance: <S extends object>(
      spi: string,
      name: string,
      cases: readonly ConformanceCase<S>[],
      options: ConformanceOptions<S> & CaseHooks<S>,
    ) => declare(caseSuite(spi, name, cases, options)),
    /** Proves a kit with a broken double for every case. */
    proveKitBites: <S extends object>(
      spi: string,
      cases: readonly ConformanceCase<S>[],
      doubles: BrokenDoubles<S>,
      hooks?: CaseHooks<S>,
    ) => declare(biteSuite(spi, cases, doubles, hooks)),
  }
}
