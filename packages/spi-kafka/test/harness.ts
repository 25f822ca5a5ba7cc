import { randomBytes } from 'node:crypto'
import { adapterContext, bytesBody, type AdapterContext, type Delivery, type MessageBody } from '@stemcell/core'
import { kafkaQueue, type KafkaQueue, type KafkaQueueOptions } from '@stemcell/spi-kafka'
import { onTestFinished } from 'vitest'

export function uniqueName(): string {
  return `t-${randomBytes(8).toString('hex')}`
}

/** An open queue that is closed with the test. */
export async function openQueue(
  brokers: string,
  options: Partial<KafkaQueueOptions> = {},
  context: Partial<AdapterContext> = {},
): Promise<KafkaQueue> {
  const queue = kafkaQueue({ brokers: brokers.split(','), ...options }).build(adapterContext(context))
  onTestFinished(() => queue.close())
  await queue.open()
  return queue
}

export const text = (content: string): MessageBody => bytesBody(Buffer.from(content))
export const contentOf = ({ body }: Delivery): string => Buffer.from(body.bytes()).toString()
