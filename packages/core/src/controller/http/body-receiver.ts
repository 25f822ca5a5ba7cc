import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MaybePromise } from '../../lifecycle.ts'
import type { Clock } from '../../time/clock.ts'
import { HttpError } from './http-error.ts'
import { announcedLength, ClientGone, type BodyLimit } from './read-body.ts'
import { TEXTS } from './texts.ts'

const EMPTY = Buffer.alloc(0)

/** How precisely times are kept. */
const TICK_MS = 1000
/** A body of which nothing came for so many ticks is given up. */
const IDLE_TICKS = 20
/** So is one that has not come altogether. */
const MAX_TICKS = 60
/** A body that has been coming for so long makes room for others when there is none left. */
const YIELD_TICKS = 5
/** Up to so much of each body is not counted: small requests go through whatever the large ones do. */
const UNCOUNTED_BYTES = 16 * 1024
/** After the limit a body is counted on, but not kept, for so long, so that the refusal can name its length. */
const COUNT_ON_BYTES = 256 * 1024
const RETRY_AFTER: readonly string[] = ['Retry-After', '5']

/**
 * Receives the bodies of requests, each up to what its route allows and all together up to a bound. What the clients
 * sent is what is held: announcing a large body reserves no memory. When there is no room left, the body that has been
 * arriving longest is given up if it had enough time, else the one that needs more.
 */
export class BodyReceiver {
  readonly #clock: Clock
  readonly #maxHeldBytes: number
  /** In order of arrival. */
  readonly #receipts = new Set<Receipt>()
  #heldBytes = 0
  #tick = 0
  #ticking = false

  constructor(clock: Clock, maxHeldBytes: number) {
    this.#clock = clock
    this.#maxHeldBytes = maxHeldBytes
  }

  /** Bytes of bodies in memory, but for small ones. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Bodies that are still coming. */
  get size(): number {
    return this.#receipts.size
  }

  get tick(): number {
    return this.#tick
  }

  /**
   * The whole body. With `until` it counts as held until that response is over, else only while it comes.
   * @throws HttpError 408 it came too slowly, 413 it is longer than the limit, 503 there is no room for it
   * @throws ClientGone the connection broke first
   */
  receive(request: IncomingMessage, limit: BodyLimit, until?: ServerResponse): MaybePromise<Buffer> {
    const announced = announcedLength(request)
    if (announced === 0) return EMPTY
    if (announced !== undefined && announced > limit.bytes) throw limit.tooLarge(announced)
    if (request.destroyed && !request.readableEnded) throw new ClientGone('the connection is broken')
    return new Promise((resolve, reject) => {
      this.#receipts.add(new Receipt(this, request, { limit, announced, until, resolve, reject }))
      if (!this.#ticking) this.#arm()
    })
  }

  /** Gives up what still comes of a request; false when nothing does. */
  giveUp(request: IncomingMessage): boolean {
    for (const receipt of this.#receipts) {
      if (receipt.request !== request) continue
      receipt.fail(tooSlow())
      return true
    }
    return false
  }

  /** @throws HttpError 503 */
  hold(receipt: Receipt, bytes: number): void {
    while (this.#heldBytes + bytes > this.#maxHeldBytes) {
      const slowest = this.#slowest(receipt)
      if (!slowest) throw noRoom()
      slowest.fail(noRoom())
    }
    this.#heldBytes += bytes
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes
  }

  ended(receipt: Receipt): void {
    this.#receipts.delete(receipt)
  }

  #slowest(except: Receipt): Receipt | undefined {
    for (const receipt of this.#receipts) {
      if (this.#tick - receipt.firstTick < YIELD_TICKS) return undefined
      if (receipt !== except && receipt.heldBytes > 0) return receipt
    }
    return undefined
  }

  #arm(): void {
    this.#ticking = true
    this.#clock.setTimer(TICK_MS, () => this.#onTick())
  }

  #onTick(): void {
    this.#ticking = false
    this.#tick++
    for (const receipt of this.#receipts) receipt.onTick(this.#tick)
    if (this.#receipts.size > 0) this.#arm()
  }
}

interface Reception {
  readonly limit: BodyLimit
  readonly announced: number | undefined
  readonly until: ServerResponse | undefined
  readonly resolve: (body: Buffer) => void
  readonly reject: (error: Error) => void
}

/** One body that is coming. */
class Receipt {
  readonly request: IncomingMessage
  readonly firstTick: number
  /** Bytes that the receiver counts for it. */
  heldBytes = 0
  readonly #receiver: BodyReceiver
  readonly #reception: Reception
  #bytes: Buffer = EMPTY
  #size = 0
  #lastTick: number
  #overflowTick = -1
  #over = false

  constructor(receiver: BodyReceiver, request: IncomingMessage, reception: Reception) {
    this.#receiver = receiver
    this.request = request
    this.#reception = reception
    this.firstTick = receiver.tick
    this.#lastTick = receiver.tick
    request.on('data', (chunk: Buffer) => this.#take(chunk))
    request.on('end', () => this.#complete())
    // Comes after `end`, or instead of it when the connection broke.
    request.on('close', () => this.#close())
  }

  onTick(tick: number): void {
    if (this.#overflowTick >= 0 && tick - this.#overflowTick > 1) this.#refuseLength()
    else if (tick - this.#lastTick > IDLE_TICKS || tick - this.firstTick > MAX_TICKS) this.fail(tooSlow())
  }

  fail(error: Error): void {
    if (!this.#end()) return
    this.#drop()
    this.#reception.reject(error)
  }

  #take(chunk: Buffer): void {
    // What comes later is discarded by whoever answers.
    if (this.#over) return
    this.#size += chunk.length
    this.#lastTick = this.#receiver.tick
    const { bytes } = this.#reception.limit
    if (this.#size <= bytes) {
      this.#keep(chunk)
      return
    }
    if (this.#overflowTick < 0) {
      this.#overflowTick = this.#receiver.tick
      this.#drop()
    }
    if (this.#size - bytes > COUNT_ON_BYTES) this.#refuseLength()
  }

  /** Bytes are put together as they come: a chunk of one byte takes a hundred times its size. */
  #keep(chunk: Buffer): void {
    const { announced, limit } = this.#reception
    const before = this.#size - chunk.length
    if (before === 0 && this.#size === announced) {
      if (this.#hold(chunk.length)) this.#bytes = chunk
      return
    }
    if (this.#size > this.#bytes.length) {
      const capacity = Math.min(Math.max(2 * this.#bytes.length, this.#size, 1024), announced ?? limit.bytes)
      if (!this.#hold(capacity)) return
      const grown = Buffer.allocUnsafeSlow(capacity)
      this.#bytes.copy(grown, 0, 0, before)
      this.#bytes = grown
    }
    chunk.copy(this.#bytes, before)
  }

  #hold(capacity: number): boolean {
    const counted = capacity > UNCOUNTED_BYTES ? capacity : 0
    if (counted <= this.heldBytes) return true
    try {
      this.#receiver.hold(this, counted - this.heldBytes)
    } catch (error) {
      this.fail(error as Error)
      return false
    }
    this.heldBytes = counted
    return true
  }

  #complete(): void {
    if (this.#overflowTick >= 0) {
      this.#refuseLength()
      return
    }
    if (!this.#end()) return
    const { until, resolve } = this.#reception
    if (this.heldBytes > 0 && until && !until.closed) until.once('close', () => this.#release())
    else this.#release()
    resolve(this.#bytes.length === this.#size ? this.#bytes : this.#bytes.subarray(0, this.#size))
  }

  /** An error takes a look at the stack: it is made where there is something to say. */
  #close(): void {
    if (!this.#over) this.fail(new ClientGone('the connection broke'))
  }

  #refuseLength(): void {
    this.fail(this.#reception.limit.tooLarge(this.#size))
  }

  #end(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#receiver.ended(this)
    return true
  }

  #drop(): void {
    this.#bytes = EMPTY
    this.#release()
  }

  #release(): void {
    this.#receiver.release(this.heldBytes)
    this.heldBytes = 0
  }
}

function tooSlow(): HttpError {
  return new HttpError(408)
}

function noRoom(): HttpError {
  return new HttpError(503, TEXTS.bodiesTooMany, { headers: RETRY_AFTER })
}
