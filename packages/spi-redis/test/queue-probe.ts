import { adapterContext, bytesBody, isPlatformError, type Delivery, type MessageBody, type Queue } from '@stemcell/core'
import { RedisQueue, type RedisQueueOptions } from '@stemcell/spi-redis'

export const textBody = (text: string): MessageBody => bytesBody(Buffer.from(text))
export const textOf = ({ body }: Delivery): string => Buffer.from(body.bytes()).toString()

export async function openQueue(options: RedisQueueOptions): Promise<RedisQueue> {
  const queue = new RedisQueue(options, adapterContext())
  await queue.open()
  return queue
}

/** Publishes as a caller does who must not lose the message: again until it is accepted. Returns the failures. */
export async function publishSurely(queue: Queue, topic: string, text: string): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      await queue.publish(topic, textBody(text))
      return failures
    } catch (error) {
      if (!isPlatformError(error, 'ERR_UNAVAILABLE')) throw error
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}
