import { RunBuilder, type MessageRun, type MessageState } from './message-run.ts'

export interface LedgerEntry {
  readonly offset: number
  /** How often it was handed out. */
  readonly attempts: number
}

/**
 * Which messages of a partition are not acknowledged. Everything before `base` is, and so is what lies between it and
 * `position` and is not held: memory goes with the number of messages held, not with the distance of the two.
 */
export class Ledger<T extends LedgerEntry> {
  /** In order of offsets, since that is the order they come in. */
  readonly #held = new Map<number, T>()
  readonly #earlier: readonly MessageRun[]
  #earlierAt = 0
  #position: number

  /** `earlier`: what became of messages from `start` on when somebody else read them. */
  constructor(start: number, earlier: readonly MessageRun[] = []) {
    this.#position = start
    this.#earlier = earlier
  }

  /** The offset to read next. */
  get position(): number {
    return this.#position
  }

  /** The first offset that is not acknowledged: the one to commit. */
  get base(): number {
    for (const offset of this.#held.keys()) return offset
    return this.#position
  }

  get size(): number {
    return this.#held.size
  }

  messages(): Iterable<T> {
    return this.#held.values()
  }

  /** What became of the message at `offset`, which is `position` or behind it, in earlier hands. */
  earlierStateOf(offset: number): MessageState {
    while (this.#earlierAt < this.#earlier.length && this.#earlier[this.#earlierAt]!.end <= offset) this.#earlierAt++
    return this.#earlier[this.#earlierAt]?.state ?? 'untouched'
  }

  hold(message: T): void {
    this.#held.set(message.offset, message)
    this.#position = message.offset + 1
  }

  /** Passes over a message that is acknowledged already. */
  skip(offset: number): void {
    this.#position = offset + 1
  }

  acknowledge(offset: number): void {
    this.#held.delete(offset)
  }

  /** From `base` on. */
  runs(): readonly MessageRun[] {
    const runs = new RunBuilder(this.base)
    for (const { offset, attempts } of this.#held.values()) {
      runs.add('acknowledged', offset)
      runs.add(attempts > 0 ? 'handed-out' : 'untouched', offset + 1)
    }
    runs.add('acknowledged', this.#position)
    for (let at = this.#earlierAt; at < this.#earlier.length; at++) {
      runs.add(this.#earlier[at]!.state, this.#earlier[at]!.end)
    }
    return runs.build()
  }
}
