import type { Lifecycle, MaybePromise } from '../lifecycle.ts'

/**
 * Queue SPI: carries messages between controllers and invokers.
 *
 * Delivery is at least once. Every consumer group of a topic sees every message published after the group's first
 * `subscribe` resolved, including while nobody of the group is connected; inside a group one subscriber at a time
 * holds a message. A message leaves the group only when a handler's promise is fulfilled. A group begins with its first
 * `subscribe`: what was published before that was called is not for it. An adapter delivers what was published and
 * nothing else, however long it was idle.
 * The names of topics and groups are 1 to 200 characters of `[a-zA-Z0-9._-]`, but not `.` and `..`.
 * Ordering is stated by `capabilities.ordering`. Times are integer milliseconds, sizes are bytes. A body is opaque:
 * an adapter never looks inside.
 */
export interface Queue extends Lifecycle {
  /** Fixed for the life of the object and readable before `open()`. */
  readonly capabilities: QueueCapabilities

  /**
   * Makes sure that the topic exists. One that does not is made with at least these settings: it keeps messages at
   * least that long and that many, and takes bodies at least that large. One that exists is left as it is, also where
   * its settings are less; who wants others changes them with the tools of the backend. Idempotent.
   * Publishing or subscribing to a topic that nobody ensured creates it with the backend's defaults.
   * @throws TypeError       no name of a topic.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_CONFIG      the backend cannot make a topic like this; the message names the setting.
   * @throws ERR_UNAVAILABLE the backend did not confirm.
   */
  ensureTopic(topic: string, settings?: TopicSettings): Promise<void>

  /**
   * Resolves once the backend has durably accepted the message, not merely once it left this process. A queue that has
   * it at once need not make a promise; no handler is called before this returns. Errors are rejections.
   * @throws TypeError       no name of a topic, or a key that is too long.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_TOO_LARGE   the body exceeds `capabilities.maxBodyBytes`; nothing was published.
   * @throws ERR_UNAVAILABLE outcome unknown: the caller may publish again and consumers may then see a duplicate.
   */
  publish(topic: string, body: MessageBody, options?: PublishOptions): MaybePromise<void>

  /**
   * Starts delivering to `handler` and resolves once deliveries can begin. The handler's promise is the
   * acknowledgement: fulfilled removes the message; rejected (or a synchronous throw) makes it deliverable again with
   * `attempt` + 1 after `redeliverAfterMs` at the earliest. A message being redelivered holds up nothing behind it,
   * except messages of the same key where `ordering` is `key`.
   * A handler that rejects with `ERR_RELEASED` did nothing with the message: the delivery does not count, and the next
   * one has the same `attempt`; unless the message had been given to another subscriber meanwhile. It too comes after
   * `redeliverAfterMs` at the earliest, or at once to others when its subscription has closed.
   * @throws TypeError       `concurrency` is not a positive integer, or no name of a topic or group.
   * @throws ERR_CLOSED      not open.
   * @throws ERR_UNAVAILABLE the backend did not let the subscriber in; it gets nothing.
   */
  subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription>
}

/** What a queue promises beyond its methods. */
export interface QueueCapabilities {
  /**
   * `key`: messages of equal `PublishOptions.key` arrive in publish order within a group, the next only after the one
   * before was acknowledged. `none`: no promise.
   */
  readonly ordering: 'none' | 'key'
  /** Messages survive the death of every process that uses the queue. */
  readonly durable: boolean
  /** Hands the publisher's `MessageBody` object itself to the handler when both live in one process. */
  readonly byReference: boolean
  /** Largest body accepted; `Number.MAX_SAFE_INTEGER` when there is no bound. */
  readonly maxBodyBytes: number
}

/**
 * What travels. An adapter that leaves the process sends `bytes()` and delivers a body whose `bytes()` are equal; one
 * that stays inside hands the same object over, so that nobody pays for serialisation.
 */
export interface MessageBody {
  /** The wire form. Computed on first use by the publisher's codec; equal bytes on every call. */
  bytes(): Uint8Array
}

/** What a topic is to keep at least, see `Queue.ensureTopic`; what is not given is as the backend has it. */
export interface TopicSettings {
  /** How long a message is kept when nobody takes it. */
  readonly retentionMs?: number
  /** How much is kept per partition when nobody takes it. */
  readonly retentionBytes?: number
  /** Unit in which a log-structured backend drops old messages. */
  readonly segmentBytes?: number
  readonly maxBodyBytes?: number
  readonly partitions?: number
}

/** How one message is to travel. */
export interface PublishOptions {
  /** Ordering key, at most 256 UTF-8 bytes. */
  readonly key?: string
}

/** How a subscriber takes its messages. */
export interface SubscribeOptions {
  readonly group: string
  /**
   * Handlers running at once, >= 1: as many as this where there are messages. This is the back-pressure: the adapter
   * holds no more than this many unhandled, so that the others are there for other subscribers.
   */
  readonly concurrency: number
  /** Default 1000. */
  readonly redeliverAfterMs?: number
  /**
   * It makes no difference to the handler whether it sees a message once or again. An adapter may then spare itself
   * remembering that the message was handed out, where that costs time before the delivery; nothing else changes.
   * Default false.
   */
  readonly repeatable?: boolean
}

/** A message in the hands of a subscriber. */
export interface Delivery {
  readonly body: MessageBody
  /**
   * 1 on first delivery. Counts deliveries known to the backend; after a crash of the consumer it is at least 2 where
   * the backend remembers that the message had been handed out, as it does unless the subscription is `repeatable`.
   */
  readonly attempt: number
  /**
   * Aborts when the subscription closes, or when the message may be given to another subscriber; where that is because
   * the subscriber was cut off from the backend, at the latest when it is not any more. Until then the adapter sees to
   * it that nobody else gets the message, however long the handler takes.
   */
  readonly signal: AbortSignal
}

/** Works on one message. The end of what it returns is the acknowledgement, see `Queue.subscribe`. */
export type MessageHandler = (delivery: Delivery) => Promise<void> | void

/** What a subscriber keeps of its subscription. */
export interface Subscription {
  /** Stops fetching, aborts the deliveries' signals, then waits for running handlers. Idempotent. */
  close(): Promise<void>
}
