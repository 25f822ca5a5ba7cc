import { runQueueConformance } from '@stemcell/conformance/vitest'
import { MemoryQueue } from '../../src/queue/memory-queue.ts'

runQueueConformance('memory', {
  create: () => new MemoryQueue(),
  capabilities: { ordering: 'key', durable: false, byReference: true, maxBodyBytes: Number.MAX_SAFE_INTEGER },
})

runQueueConformance('memory with bounded bodies', {
  create: () => new MemoryQueue({ maxBodyBytes: 1_054_644 }),
  capabilities: { ordering: 'key', durable: false, byReference: true, maxBodyBytes: 1_054_644 },
})
