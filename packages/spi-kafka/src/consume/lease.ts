import type { MessageBody, Timer } from '@stemcell/core'
import { Ledger } from './ledger.ts'
import type { MessageRun } from './message-run.ts'

export interface HeldMessage {
  readonly offset: number
  readonly key: string | undefined
  readonly body: MessageBody
  /** How often it was handed out. */
  attempts: number
}

/**
 * A partition in the hands of this subscriber. Of each key only one message is ready, running or delayed at a time; the
 * others wait behind it.
 */
export class Lease {
  readonly partition: number
  /** Of this hand: greater than that of the one before. */
  readonly epoch: number
  /** Not `sure`: the group may have given it to somebody else meanwhile; nothing is handed out or committed. */
  sure = true
  lost = false
  /** Runs whose messages may be handed out. */
  readonly ready: HeldMessage[] = []
  /** What was committed last, or tried. */
  committed = ''
  readonly #ledger: Ledger<HeldMessage>
  readonly #abort = new AbortController()
  readonly #lanes = new Map<string, HeldMessage[]>()
  readonly #delayed = new Set<Timer>()

  constructor(partition: number, epoch: number, start: number, earlier: readonly MessageRun[] = []) {
    this.partition = partition
    this.epoch = epoch
    this.#ledger = new Ledger(start, earlier)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get position(): number {
    return this.#ledger.position
  }

  get base(): number {
    return this.#ledger.base
  }

  get held(): number {
    return this.#ledger.size
  }

  /** Whether any message is with a handler, or was. */
  get busy(): boolean {
    for (const { attempts } of this.#ledger.messages()) if (attempts > 0) return true
    return false
  }

  runs(): readonly MessageRun[] {
    return this.#ledger.runs()
  }

  /** The message at `offset`, read just now. */
  take(offset: number, key: string | undefined, body: MessageBody): void {
    const state = this.#ledger.earlierStateOf(offset)
    if (state === 'acknowledged') return this.#ledger.skip(offset)
    const message: HeldMessage = { offset, key, body, attempts: state === 'handed-out' ? 1 : 0 }
    this.#ledger.hold(message)
    if (key === undefined) {
      this.ready.push(message)
      return
    }
    const lane = this.#lanes.get(key)
    if (lane) {
      lane.push(message)
    } else {
      this.#lanes.set(key, [])
      this.ready.push(message)
    }
  }

  acknowledge({ offset, key }: HeldMessage): void {
    this.#ledger.acknowledge(offset)
    if (key === undefined) return
    const next = this.#lanes.get(key)?.shift()
    if (next) this.ready.push(next)
    else this.#lanes.delete(key)
  }

  /** Makes the message ready again when the timer that `start` makes is over. */
  delay(message: HeldMessage, start: (then: () => void) => Timer): void {
    const timer = start(() => {
      this.#delayed.delete(timer)
      this.ready.push(message)
    })
    this.#delayed.add(timer)
  }

  /** The group gives it to somebody else, or the subscription closes. */
  abort(): void {
    this.#abort.abort()
    this.ready.length = 0
    for (const timer of this.#delayed) timer.cancel()
    this.#delayed.clear()
  }

  lose(): void {
    this.lost = true
    this.abort()
  }
}
