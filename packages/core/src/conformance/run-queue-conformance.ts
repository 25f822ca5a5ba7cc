import type { Queue, QueueCapabilities } from '../queue/queue.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { queueDeliveryCases } from './queue-delivery-cases.ts'
import { queueLifecycleCases } from './queue-lifecycle-cases.ts'
import { queueOrderCases } from './queue-order-cases.ts'
import { queueRedeliveryCases } from './queue-redelivery-cases.ts'
import { runConformance, type ConformanceOptions } from './run-conformance.ts'

/** Every promise of the Queue SPI. */
export const queueCases: readonly ConformanceCase<Queue>[] = [
  ...queueDeliveryCases,
  ...queueRedeliveryCases,
  ...queueOrderCases,
  ...queueLifecycleCases,
]

export interface QueueConformanceOptions extends ConformanceOptions<Queue> {
  readonly capabilities: QueueCapabilities
}

/** Tests an implementation of Queue with vitest. Each case uses topics of its own; groups are called `g` or alike. */
export function runQueueConformance(name: string, options: QueueConformanceOptions): void {
  runConformance('Queue', name, queueCases, options)
}
