export { natsQueue, natsQueueOptions, NatsQueue, type NatsQueueOptions } from './nats-queue.ts'
