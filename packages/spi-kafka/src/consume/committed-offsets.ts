import type { Logger } from '@stemcell/core'
import type { Admin } from 'kafkajs'
import { kafkaClient, SHORT_RETRY } from '../connect/kafka-client.ts'
import type { KafkaSettings } from '../kafka-queue-options.ts'

export interface Committed {
  readonly partition: number
  /** Undefined: the group has never committed anything for this partition. */
  readonly offset: number | undefined
  readonly metadata: string | null
}

/**
 * Runs `ask` with a client of its own. kafkajs asks for all topics it was ever asked for at once, and fails when one of
 * them was removed meanwhile; subscriptions come seldom enough to start over each time.
 */
export async function withOffsets<T>(
  settings: KafkaSettings,
  logger: Logger,
  ask: (offsets: GroupOffsets) => Promise<T>,
): Promise<T> {
  const admin = kafkaClient(settings, logger, { retry: SHORT_RETRY }).admin()
  await admin.connect()
  try {
    return await ask(new GroupOffsets(admin))
  } finally {
    await admin.disconnect()
  }
}

/** Where a group is in a topic, and what there is. */
export class GroupOffsets {
  readonly #admin: Admin

  constructor(admin: Admin) {
    this.#admin = admin
  }

  async committed(topic: string, groupId: string): Promise<readonly Committed[]> {
    const answer = await this.#admin.fetchOffsets({ groupId, topics: [topic] })
    const partitions = answer.find((one) => one.topic === topic)?.partitions ?? []
    return partitions.map(({ partition, offset, metadata }) => ({
      partition,
      offset: Number(offset) < 0 ? undefined : Number(offset),
      metadata,
    }))
  }

  /** By partition: offset of the first message that is there, and of the one to come next. */
  async bounds(topic: string): Promise<ReadonlyMap<number, { readonly first: number; readonly next: number }>> {
    const offsets = await this.#admin.fetchTopicOffsets(topic)
    return new Map(
      offsets.map(({ partition, low, high }) => [partition, { first: Number(low), next: Number(high) }] as const),
    )
  }
}
