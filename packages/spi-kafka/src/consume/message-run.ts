/**
 * What became of a message of a partition: `handed-out` means that a handler may have started with it, whatever it came
 * to; `untouched` that none has.
 */
export type MessageState = 'acknowledged' | 'handed-out' | 'untouched'

/** Messages in the same state that follow each other: from the end of the run before up to, and without, `end`. */
export interface MessageRun {
  readonly state: MessageState
  readonly end: number
}

/** Makes runs of what is told in ascending order; gaps are closed by whoever tells. */
export class RunBuilder {
  readonly #runs: MessageRun[] = []
  #at: number

  constructor(start: number) {
    this.#at = start
  }

  /** From where the last one ended up to `end`; nothing when that is behind already. */
  add(state: MessageState, end: number): void {
    if (end <= this.#at) return
    if (this.#runs.at(-1)?.state === state) this.#runs.pop()
    this.#runs.push({ state, end })
    this.#at = end
  }

  /** The runs, without what is untouched at their end. */
  build(): readonly MessageRun[] {
    if (this.#runs.at(-1)?.state === 'untouched') this.#runs.pop()
    return this.#runs
  }
}
