import type { Queue, QueueCapabilities } from '@stemcell/core'
import type { CaseHooks } from '../kit/case-hooks.ts'
import type { ConformanceCase } from '../kit/conformance-case.ts'
import { queueDeliveryCases } from './queue-delivery-cases.ts'
import { queueLeaseCases } from './queue-lease-cases.ts'
import { queueLifecycleCases } from './queue-lifecycle-cases.ts'
import { queueNameCases } from './queue-name-cases.ts'
import { queueOrderCases } from './queue-order-cases.ts'
import { queueOutageCases } from './queue-outage-cases.ts'
import { queueRedeliveryCases } from './queue-redelivery-cases.ts'
import { queueSharingCases } from './queue-sharing-cases.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
import { caseSuite, type ConformanceOptions } from '../kit/case-suite.ts'

/** Every promise of the Queue SPI. */
export const queueCases: readonly ConformanceCase<Queue>[] = [
  ...queueDeliveryCases,
  ...queueRedeliveryCases,
  ...queueOrderCases,
  ...queueLifecycleCases,
  ...queueNameCases,
  ...queueLeaseCases,
  ...queueSharingCases,
  ...queueOutageCases,
]

export interface QueueConformanceOptions extends ConformanceOptions<Queue>, CaseHooks<Queue> {
  readonly capabilities: QueueCapabilities
}

/** Tests an implementation of Queue. Each case uses topics of its own; groups are called `g` or alike. */
export function queueConformance(name: string, options: QueueConformanceOptions): ConformanceSuite {
  return caseSuite('Queue', name, queueCases, options)
}
