import { randomText, type AdapterContext, type Logger } from '@stemcell/core'
import type { KafkaSettings } from '../kafka-queue-options.ts'
import { withOffsets, type Bounds, type Committed } from './committed-offsets.ts'
import type { OffsetToCommit } from './consumer-session.ts'
import { Lease } from './lease.ts'
import { readProgress, writeProgress, type ProgressRecord } from './progress-record.ts'
import type { Claim } from './sticky-assigner.ts'

const OWNER_LENGTH = 12
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000

export interface LeaseTableParts {
  readonly topic: string
  readonly groupId: string
  readonly settings: KafkaSettings
  readonly context: AdapterContext
  readonly logger: Logger
}

/** Where to begin with a partition. */
interface Start {
  readonly offset: number
  readonly progress: ProgressRecord | undefined
  /** It is what the group has committed, and so where kafkajs begins. */
  readonly committed: boolean
}

const NOWHERE: Start = { offset: 0, progress: undefined, committed: false }

function startOf({ offset, metadata }: Committed, bounds: Bounds | undefined, isNew: boolean): Start {
  const { first = 0, next = 0 } = bounds ?? {}
  // A new group begins with what comes. To others, a partition without an offset was added to the topic later.
  if (offset === undefined) return { offset: isNew ? next : first, progress: undefined, committed: false }
  if (offset === 'cut off' || offset > next) return { offset: first, progress: undefined, committed: false }
  const progress = readProgress(metadata, offset)
  return offset < first ? { offset: first, progress, committed: false } : { offset, progress, committed: true }
}

/** The partitions that a subscriber has, and what the group has on record about them. */
export class LeaseTable {
  readonly #parts: LeaseTableParts
  readonly #owner: string
  readonly #leases = new Map<number, Lease>()
  #memberId: string | undefined
  /** Counts assignments, so that what was found out for one is not used for the next. */
  #assignment = 0

  constructor(parts: LeaseTableParts) {
    this.#parts = parts
    this.#owner = randomText(parts.context.random, OWNER_LENGTH).toLowerCase()
  }

  all(): Iterable<Lease> {
    return this.#leases.values()
  }

  get(partition: number): Lease | undefined {
    return this.#leases.get(partition)
  }

  partitions(): number[] {
    return [...this.#leases.keys()].sort((a, b) => a - b)
  }

  /**
   * Takes over what the group has assigned: leases that are not among `partitions` are lost. Those of a member that has
   * been one since the last assignment are still its own; of the others it has to be found out. `readFrom` is told from
   * where to read on, before anything of the partition may be taken: for leases that stay at once. Resolves when nothing
   * is in doubt any more, or the group has dealt its partitions anew.
   */
  async assign(
    memberId: string,
    partitions: readonly number[],
    readFrom: (partition: number, offset: number) => void,
  ): Promise<void> {
    const assignment = ++this.#assignment
    if (memberId !== this.#memberId) for (const lease of this.#leases.values()) lease.sure = false
    this.#memberId = memberId
    for (const lease of this.#leases.values()) {
      if (!partitions.includes(lease.partition)) this.#lose(lease)
      else if (lease.sure) readFrom(lease.partition, lease.position)
    }

    const { clock } = this.#parts.context
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      const doubtful = partitions.filter((partition) => !this.#leases.get(partition)?.sure)
      if (doubtful.length === 0 || assignment !== this.#assignment) return
      try {
        const starts = await this.#lookUp()
        if (assignment !== this.#assignment) return
        for (const partition of doubtful) this.#settle(partition, starts.get(partition) ?? NOWHERE, readFrom)
        return
      } catch (err) {
        this.#parts.logger.warn({ err, pauseMs }, 'offsets of the group not read, trying again')
      }
      await clock.sleep(pauseMs)
    }
  }

  /** The lease itself, unless the log starts over in front of its position: then another, from `offset` on. */
  following(lease: Lease, offset: number): Lease {
    if (offset >= lease.position) return lease
    const { partition, epoch, position } = lease
    this.#parts.logger.warn({ partition, position, offset }, 'the log of the topic starts over')
    this.#lose(lease)
    return this.#add(new Lease(partition, epoch, offset))
  }

  /** What has changed since it was last confirmed. */
  toCommit(): { readonly offsets: readonly OffsetToCommit[]; readonly confirm: () => void } {
    const changed: (readonly [Lease, OffsetToCommit])[] = []
    for (const lease of this.#leases.values()) {
      if (!lease.sure) continue
      const { partition, epoch, base } = lease
      const metadata = writeProgress({ owner: this.#owner, epoch, runs: lease.runs() }, base)
      const offset = { partition, offset: String(base), metadata }
      if (lease.committed !== base + metadata) changed.push([lease, offset])
    }
    return {
      offsets: changed.map(([, offset]) => offset),
      confirm: () => {
        for (const [lease, { offset, metadata }] of changed) lease.committed = offset + metadata
      },
    }
  }

  /** Whether the group has an offset on record for each partition of the topic. */
  async complete(partitions: number): Promise<boolean> {
    // Its own are, or it would not ask.
    if (this.#leases.size >= partitions) return true
    const { topic, groupId, settings, logger } = this.#parts
    const committed = await withOffsets(settings, logger, (offsets) => offsets.committed(topic, groupId))
    return committed.every(({ offset }) => offset !== undefined)
  }

  #lookUp(): Promise<ReadonlyMap<number, Start>> {
    const { topic, groupId, settings, logger } = this.#parts
    return withOffsets(settings, logger, async (offsets) => {
      const committed = await offsets.committed(topic, groupId)
      const bounds = await offsets.bounds(topic)
      const isNew = committed.every(({ offset }) => offset === undefined)
      return new Map(committed.map((one) => [one.partition, startOf(one, bounds.get(one.partition), isNew)]))
    })
  }

  #settle(partition: number, start: Start, readFrom: (partition: number, offset: number) => void): void {
    const lease = this.#leases.get(partition)
    if (lease && start.progress?.owner === this.#owner) {
      lease.sure = true
      readFrom(partition, lease.position)
      return
    }
    if (lease) this.#lose(lease)
    this.#add(new Lease(partition, (start.progress?.epoch ?? 0) + 1, start.offset, start.progress?.runs))
    if (!start.committed) readFrom(partition, start.offset)
  }

  #add(lease: Lease): Lease {
    this.#leases.set(lease.partition, lease)
    return lease
  }

  #lose(lease: Lease): void {
    lease.lose()
    this.#leases.delete(lease.partition)
  }

  claims(): readonly Claim[] {
    return Array.from(this.#leases.values(), ({ partition, epoch, busy }) => ({ partition, epoch, busy }))
  }

  /** The session is over; whether somebody else got the partitions shows when there is another. */
  doubt(): void {
    this.#assignment++
    this.#memberId = undefined
    for (const lease of this.#leases.values()) lease.sure = false
  }

  /** The subscription closes: signals are aborted, nothing that waits is handed out any more. */
  abort(): void {
    for (const lease of this.#leases.values()) lease.abort()
  }
}
