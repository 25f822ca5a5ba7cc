import type { Logger } from '@stemcell/core'
import type { Admin } from 'kafkajs'
import { kafkaClient, SHORT_RETRY } from '../connect/kafka-client.ts'
import type { KafkaSettings } from '../kafka-queue-options.ts'

export interface Committed {
  readonly partition: number
  /**
   * Undefined: the group has never committed anything for this partition. `cut off`: kafkajs found that the log begins
   * behind the group's offset, and left word that it is to go on at the beginning.
   */
  readonly offset: number | 'cut off' | undefined
  readonly metadata: string | null
}

export interface Bounds {
  /** Offset of the first message that is there. */
  readonly first: number
  /** Offset of the message to come next. */
  readonly next: number
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
  const { kafka, abandon } = kafkaClient(settings, logger, { retry: SHORT_RETRY })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const answer = await ask(new GroupOffsets(admin))
    await admin.disconnect()
    return answer
  } finally {
    abandon()
  }
}

const EARLIEST = -2

function readOffset(text: string): Committed['offset'] {
  const offset = Number(text)
  if (offset >= 0) return offset
  return offset === EARLIEST ? 'cut off' : undefined
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
      offset: readOffset(offset),
      metadata,
    }))
  }

  /** By partition. */
  async bounds(topic: string): Promise<ReadonlyMap<number, Bounds>> {
    const offsets = await this.#admin.fetchTopicOffsets(topic)
    return new Map(
      offsets.map(({ partition, low, high }) => [partition, { first: Number(low), next: Number(high) }] as const),
    )
  }
}
