import { PlatformError } from '../../errors.ts'
import { isPromise, type MaybePromise } from '../../lifecycle.ts'
import type { PlacementRequest } from '../../load-balancer/load-balancer.ts'
import type { Activation } from '../../model/activation.ts'
import type { Clock } from '../../time/clock.ts'
import { Deadline, type Deadlines } from '../../time/deadlines.ts'
import type { Waiter } from '../cluster/waiting-room.ts'
import { ActivationGoesOn } from './activation-goes-on.ts'
import type { ActivationOutcome, ActivationRequest } from './activator.ts'

/** Whoever keeps the books of what is in flight. */
export interface Bookkeeper {
  readonly clock: Clock
  readonly deadlines: Deadlines
  /** Sends it to an invoker; false when it has to wait, or was rejected. */
  place(entry: InFlight): boolean
  /** Sees to it that there will be a record, whatever becomes of this process. Throws when that is not to be had. */
  secure(entry: InFlight): MaybePromise<void>
  /** Ends what the balancer rejected while it waited: with a record, unless nobody was told of it. */
  endUnplaced(entry: InFlight, error: string): void
  /** Ends what the balancer failed to place while it waited, with a record. */
  endFaulty(entry: InFlight, error: string): void
  /** The invoker that has it did not tell in time how it ended. */
  overdue(entry: InFlight): void
  /** `endMs`: when the activation ended, epoch ms. */
  blockingEnded(entry: InFlight, outcome: 'result' | 'later' | 'error', endMs?: number): void
}

/** One activation between acceptance and completion. */
export class InFlight extends Deadline implements Waiter {
  readonly activationId: string
  readonly request: ActivationRequest
  readonly placement: PlacementRequest
  /** Where it was sent; -1 while it waits. */
  invoker = -1
  inRoom = false
  rejection: string | undefined
  /** What the balancer did instead of placing it. */
  fault: string | undefined
  /** The queue has the message. */
  published = false
  /** Set once a provisional record is being written, to what settles when that is done. */
  provisional: { readonly done: MaybePromise<void> } | undefined
  /** The caller has, or is being given, the id: from here on it must end in a record. */
  handedOut = false
  /** When it was accepted, monotonic ms. */
  readonly cameMs: number
  readonly #books: Bookkeeper
  #resolve: ((outcome: ActivationOutcome) => void) | undefined
  #reject: ((error: PlatformError | ActivationGoesOn) => void) | undefined
  #patience: Deadline | undefined
  /** What became of it before anybody began to wait. */
  #early: ActivationOutcome | PlatformError | ActivationGoesOn | undefined

  constructor(books: Bookkeeper, activationId: string, request: ActivationRequest, placement: PlacementRequest) {
    // From when on the invoker is late; known once it was sent.
    super(Infinity)
    this.#books = books
    this.cameMs = books.clock.monotonic()
    this.activationId = activationId
    this.request = request
    this.placement = placement
  }

  get namespace(): string {
    return this.placement.namespace
  }

  /** Since it was accepted, ms. */
  get ageMs(): number {
    return this.#books.clock.monotonic() - this.cameMs
  }

  /** A blocking caller has not been answered yet. */
  get waits(): boolean {
    return this.request.blocking && !this.handedOut
  }

  tryPlace(): boolean {
    if (this.#books.place(this)) return true
    if (!this.inRoom || (this.rejection === undefined && this.fault === undefined)) return false
    // A rejection by the balancer ends the wait, too. The room takes out whoever says that it was placed.
    this.inRoom = false
    if (this.fault !== undefined) this.#books.endFaulty(this, this.fault)
    else if (this.rejection !== undefined) this.#books.endUnplaced(this, this.rejection)
    return true
  }

  outcome(): Promise<ActivationOutcome> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      const early = this.#early
      if (early instanceof PlatformError) this.fail(early)
      else if (early instanceof ActivationGoesOn) reject(early)
      else if (early && this.handedOut) resolve(early)
      else if (early) this.#answer(early)
      else if (this.request.blocking) {
        this.#patience = new Patience(this.cameMs + this.request.waitMs, () => this.#handOut())
        this.#books.deadlines.add(this.#patience)
      } else if (this.invoker < 0) this.#handOut()
    })
  }

  /** The queue has the message. */
  accepted(): void {
    this.published = true
    this.request.onAccepted?.(this.activationId)
    if (!this.request.blocking) this.#handOut()
  }

  complete(activation: Activation): void {
    this.#answer({ activationId: this.activationId, activation })
  }

  fail(error: PlatformError): void {
    if (!this.#reject) {
      this.#early = error
      return
    }
    this.#waitNoMore()
    this.handedOut = true
    if (this.request.blocking) this.#books.blockingEnded(this, 'error')
    this.#reject(error)
  }

  /** It was sent to an invoker, which has until then; monotonic ms. */
  expectEnd(deadlineMs: number): void {
    this.deadlineMs = deadlineMs
    this.#books.deadlines.add(this)
  }

  override get isOfOthers(): boolean {
    return true
  }

  /** As a {@link Deadline}: the end was expected by now. */
  expire(): void {
    this.#books.overdue(this)
  }

  #waitNoMore(): void {
    if (this.#patience) this.#books.deadlines.remove(this.#patience)
  }

  /** Gives the caller the id, and no result, once there is sure to be a record. */
  #handOut(): void {
    if (this.handedOut) return
    this.handedOut = true
    let secured: MaybePromise<void>
    try {
      secured = this.#books.secure(this)
    } catch (error) {
      this.#refuse(error)
      return
    }
    const tell = (): void => this.#tell({ activationId: this.activationId })
    if (isPromise(secured)) secured.then(tell, (error: unknown) => this.#refuse(error))
    else tell()
  }

  /** It may well run, and leave a record; the caller is told nothing that might not come true. */
  #refuse(cause: unknown): void {
    if (this.request.blocking) this.#books.blockingEnded(this, 'error')
    const error = new ActivationGoesOn(cause)
    if (this.#reject) this.#reject(error)
    else this.#early = error
  }

  #answer(outcome: ActivationOutcome): void {
    if (this.handedOut) return
    if (!this.#resolve) {
      this.#early = outcome
      return
    }
    this.handedOut = true
    this.#waitNoMore()
    this.#tell(outcome)
  }

  #tell(outcome: ActivationOutcome): void {
    if (this.request.blocking) {
      this.#books.blockingEnded(this, outcome.activation ? 'result' : 'later', outcome.activation?.end)
    }
    if (this.#resolve) this.#resolve(outcome)
    else this.#early = outcome
  }
}

/** How long a blocking caller waits. */
export class Patience extends Deadline {
  readonly #isOver: () => void

  constructor(deadlineMs: number, isOver: () => void) {
    super(deadlineMs)
    this.#isOver = isOver
  }

  override get isOfOthers(): boolean {
    return true
  }

  expire(): void {
    this.#isOver()
  }
}
