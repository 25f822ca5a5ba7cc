/** What a queue on Kafka knows about its connections; see `KafkaQueue.health()`. */
export interface KafkaHealth {
  /** `retrying`: the last attempt to publish did not reach a broker; it is repeated. */
  readonly publishing: 'closed' | 'up' | 'retrying'
  readonly subscriptions: readonly SubscriptionHealth[]
}

export interface SubscriptionHealth {
  readonly topic: string
  readonly group: string
  /** `joining`: not (or no longer) a member of the group; it tries until it is. */
  readonly state: 'joining' | 'up' | 'closing'
  /** Partitions whose messages this subscriber gets. */
  readonly partitions: readonly number[]
  /** Handlers that run. */
  readonly running: number
  /** Messages that are not acknowledged, those in handlers included. */
  readonly held: number
}
