import type { Clock } from '@stemcell/core'
import type { Chance } from '../world/chance.ts'

/** How long a subscriber that is not heard of keeps its messages, ms; as the queue on Redis. */
const LEASE_MS = 30_000
/** How often leases are looked at, at the latest, ms. */
const SWEEP_MS = 1_000

/** A message of a group, as the broker keeps it. */
export interface Message {
  readonly id: number
  readonly body: Uint8Array
  attempts: number
  holder: Consumer | undefined
  leaseEndMs: number
  /** Not before this moment of the broker's clock. */
  notBeforeMs: number
}

/** A subscriber as the broker sees it. */
export interface Consumer {
  readonly concurrency: number
  /** Whether the broker may hand it something now. */
  isListening(): boolean
  deliver(message: Message, attempt: number): void
  held: number
}

interface Group {
  readonly name: string
  readonly waiting: Message[]
  readonly held: Set<Message>
  readonly consumers: Consumer[]
  turn: number
}

/** What a broker does wrong when it is told to, as brokers of earlier platforms did. */
export interface BrokerFlaws {
  /** A message counts as done once it is handed out. */
  readonly forgetsOnDelivery?: boolean
  /** A delivery again looks like the first. */
  readonly forgetsAttempts?: boolean
}

/**
 * The server of a durable queue with the promises of the contract: at least once, leases, attempts that are counted, no
 * order. Groups and messages outlive every member.
 */
export class Broker {
  readonly #clock: Clock
  readonly #chance: Chance
  readonly #flaws: BrokerFlaws
  readonly leaseMs: number
  readonly #topics = new Map<string, Group[]>()
  #ids = 0
  #isStopped = false

  constructor(clock: Clock, chance: Chance, flaws: BrokerFlaws = {}, leaseMs = LEASE_MS) {
    this.#clock = clock
    this.leaseMs = leaseMs
    this.#chance = chance
    this.#flaws = flaws
    this.#sweep()
  }

  /** Nothing more happens by itself. */
  stop(): void {
    this.#isStopped = true
  }

  publish(topic: string, body: Uint8Array): void {
    for (const group of this.#topics.get(topic) ?? []) {
      const message = { id: ++this.#ids, body, attempts: 0, holder: undefined, leaseEndMs: 0, notBeforeMs: 0 }
      // No order is promised: some overtake.
      const at = this.#chance.perMille(50) ? this.#chance.below(group.waiting.length + 1) : group.waiting.length
      group.waiting.splice(at, 0, message)
      this.#hand(group)
    }
  }

  join(topic: string, groupName: string, consumer: Consumer): void {
    const group = this.#group(topic, groupName)
    group.consumers.push(consumer)
    this.#hand(group)
  }

  /** What the consumer was not handed yet, or says it did nothing with, is there for others. */
  leave(topic: string, groupName: string, consumer: Consumer): void {
    const group = this.#group(topic, groupName)
    const at = group.consumers.indexOf(consumer)
    if (at >= 0) group.consumers.splice(at, 1)
  }

  /** Messages of `held` that are the consumer's no more; the leases of the others begin anew. */
  renew(consumer: Consumer, held: Iterable<Message>): Message[] {
    const lost: Message[] = []
    for (const message of held) {
      if (message.holder === consumer) message.leaseEndMs = this.#clock.monotonic() + this.leaseMs
      else lost.push(message)
    }
    return lost
  }

  acknowledge(topic: string, groupName: string, consumer: Consumer, message: Message): void {
    if (message.holder !== consumer) return
    const group = this.#group(topic, groupName)
    this.#letGo(group, message)
    this.#hand(group)
  }

  /** `counts`: whether the delivery counts. */
  giveBack(
    topic: string,
    groupName: string,
    consumer: Consumer,
    message: Message,
    { counts, afterMs }: { readonly counts: boolean; readonly afterMs: number },
  ): void {
    if (message.holder !== consumer) return
    const group = this.#group(topic, groupName)
    this.#letGo(group, message)
    if (!counts) message.attempts--
    message.notBeforeMs = this.#clock.monotonic() + afterMs
    group.waiting.push(message)
    if (afterMs > 0) this.#clock.setTimer(afterMs, () => this.#hand(group))
    this.#hand(group)
  }

  /** Hands out what can be, of every group: somebody listens again. */
  wake(): void {
    for (const groups of this.#topics.values()) for (const group of groups) this.#hand(group)
  }

  /** Messages of the topic that nobody has acknowledged, of all groups. */
  open(topic: string): number {
    return (this.#topics.get(topic) ?? []).reduce((sum, { waiting, held }) => sum + waiting.length + held.size, 0)
  }

  #group(topic: string, name: string): Group {
    let groups = this.#topics.get(topic)
    if (!groups) this.#topics.set(topic, (groups = []))
    let group = groups.find((candidate) => candidate.name === name)
    if (!group) groups.push((group = { name, waiting: [], held: new Set(), consumers: [], turn: 0 }))
    return group
  }

  #hand(group: Group): void {
    const now = this.#clock.monotonic()
    for (let at = 0; at < group.waiting.length;) {
      const message = group.waiting[at]!
      if (message.notBeforeMs > now) {
        at++
        continue
      }
      const consumer = this.#nextFree(group)
      if (!consumer) return
      group.waiting.splice(at, 1)
      message.attempts++
      const attempt = this.#flaws.forgetsAttempts ? 1 : message.attempts
      if (!this.#flaws.forgetsOnDelivery) {
        message.holder = consumer
        message.leaseEndMs = now + this.leaseMs
        consumer.held++
        group.held.add(message)
      }
      consumer.deliver(message, attempt)
    }
  }

  #nextFree(group: Group): Consumer | undefined {
    const { consumers } = group
    for (let tried = 0; tried < consumers.length; tried++) {
      group.turn = (group.turn + 1) % consumers.length
      const consumer = consumers[group.turn]!
      if (consumer.held < consumer.concurrency && consumer.isListening()) return consumer
    }
    return undefined
  }

  #letGo(group: Group, message: Message): void {
    if (message.holder) message.holder.held--
    message.holder = undefined
    group.held.delete(message)
  }

  #sweep(): void {
    if (this.#isStopped) return
    const now = this.#clock.monotonic()
    for (const groups of this.#topics.values()) {
      for (const group of groups) {
        let any = false
        for (const message of group.held) {
          if (message.leaseEndMs >= now) continue
          this.#letGo(group, message)
          group.waiting.push(message)
          any = true
        }
        if (any) this.#hand(group)
      }
    }
    this.#clock.setTimer(Math.min(SWEEP_MS, this.leaseMs / 4), () => this.#sweep())
  }
}
