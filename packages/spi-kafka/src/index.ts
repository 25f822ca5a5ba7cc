export { kafkaQueue, KafkaQueue } from './kafka-queue.ts'
export { kafkaQueueOptions, type KafkaQueueOptions } from './kafka-queue-options.ts'
export type { KafkaHealth, SubscriptionHealth } from './kafka-health.ts'
