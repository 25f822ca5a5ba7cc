import { type ActionEndpoint, type Answer, begin } from './action-endpoint.ts'
import { NOT_BEGUN } from './frame-format.ts'
import { failure, type Reply } from './reply.ts'

// Taken before any code of an action can replace it.
const nextTick = process.nextTick.bind(process)

/** Whose calls wait. */
export interface Caller {
  /** What is answered leaves now. True when all of it did; otherwise calls back when it has. */
  sent(then: () => void): boolean
}

interface Turn {
  readonly path: '/init' | '/run'
  readonly body: string
  readonly answer: Answer
  /** Whose call it is, and its number there. */
  readonly caller: Caller
  readonly number: number
}

/** Lets calls that came while another is in progress wait, in the order in which they came. */
export class Turns {
  readonly #host: ActionEndpoint
  #waiting: Turn[] = []
  /** Of the call in progress, or the one before. */
  #caller: Caller | undefined
  #isDue = false

  constructor(host: ActionEndpoint) {
    this.#host = host
  }

  begin(caller: Caller, number: number, path: '/init' | '/run', body: string, answer: Answer): void {
    if (!this.#host.busy && this.#waiting.length === 0) {
      this.#caller = caller
      return begin(this.#host, path, body, answer)
    }
    this.#waiting.push({ path, body, answer, caller, number })
    this.#host.onEnded ??= () => this.#ended()
  }

  /** A call that waits is answered as not begun; one that has begun goes on. */
  cancel(caller: Caller, number: number): void {
    const at = this.#waiting.findIndex((turn) => turn.caller === caller && turn.number === number)
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.answer(notBegun())
  }

  /** Nobody waits for the calls of this one any more. */
  forget(caller: Caller): void {
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter((turn) => turn.caller !== caller)
  }

  #ended(): void {
    if (!this.#host.exclusive) return this.#next()
    if (this.#isDue || this.#waiting.length === 0) return
    this.#isDue = true
    // Behind all that the one before it left to be done in this turn of the event loop.
    nextTick(() => {
      this.#isDue = false
      this.#next()
    })
  }

  #next(): void {
    while (this.#waiting.length > 0 && !this.#host.busy) {
      // Whoever sees the end of this process knows by the answers which call was the last to begin.
      if (this.#host.exclusive && this.#caller?.sent(() => this.#next()) === false) return
      const { path, body, answer, caller } = this.#waiting.shift()!
      this.#caller = caller
      // The run before it left the action unusable, which is not to be its fault.
      if (this.#host.stopped) answer(notBegun())
      else begin(this.#host, path, body, answer)
    }
  }
}

function notBegun(): Reply {
  return failure(NOT_BEGUN, 'The call was not begun.')
}
