import type { Socket } from 'node:net'
import { badRequest, MAX_BODY_BYTES } from './action-endpoint.ts'
import { BRIEF, CANCEL, FAULT, FIRST_OPTIONAL, HEADER_BYTES, INIT, RESULT, RUN, SILENT } from './frame-format.ts'
import { frameWire, type FrameWire } from './frame-wire.ts'
import type { Reply } from './reply.ts'
import type { Turns } from './turns.ts'

/** Answers are gathered up to this size, so that those of one turn leave in one write. */
const GATHERED_BYTES = 65_536
/** Bytes that a character of a text may take in UTF-8. */
const MOST_BYTES = 3

// Taken before any code of an action can replace it.
const nextTick = process.nextTick.bind(process)

/** One connection that speaks frames: each call is answered by one result, in the order in which they end. */
export class FrameConnection {
  readonly #wire: FrameWire
  readonly #turns: Turns
  /** Bytes of a frame that is not complete. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** Bytes that the frame at the front needs as a whole, as far as is known. */
  #needed = HEADER_BYTES
  /** Bytes still to come of a body that is too long to be kept. */
  #skip = 0
  /** Calls without an answer. */
  #open = 0
  /** Answers on their way out. */
  readonly #out = Buffer.allocUnsafeSlow(GATHERED_BYTES)
  #outBytes = 0
  #flushes = false
  #closed = false

  constructor(socket: Socket, turns: Turns) {
    this.#turns = turns
    this.#wire = frameWire(socket, {
      received: (bytes, size) => this.take(bytes, size),
      gone: () => {
        this.#closed = true
        turns.forget(this)
      },
    })
  }

  /** `bytes` up to `size` have arrived; the buffer may be used for other things afterwards. */
  take(bytes: Buffer, size: number): void {
    if (this.#heldBytes === 0) return this.#read(bytes, size)
    this.#hold(bytes, 0, size)
    if (this.#heldBytes < this.#needed) return
    const held = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#read(held, held.length)
  }

  /** What is answered leaves now. As {@link FrameWire.sent}. */
  sent(then: () => void): boolean {
    this.#flush()
    return this.#closed || this.#wire.sent(then)
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    this.#held.push(Buffer.from(bytes.subarray(start, end)))
    this.#heldBytes += end - start
  }

  #read(bytes: Buffer, size: number): void {
    let at = 0
    while (!this.#closed) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, size - at)
        this.#skip -= skipped
        at += skipped
      }
      const left = size - at
      if (left < HEADER_BYTES) {
        this.#needed = HEADER_BYTES
        break
      }
      const length = numberAt(bytes, at)
      const type = bytes[at + 4]!
      const number = numberAt(bytes, at + 8)
      if (length > MAX_BODY_BYTES) {
        // Read to its end, or the client would see a broken connection instead of the answer.
        at += HEADER_BYTES
        this.#skip = length
        this.#tooLong(type, number)
        continue
      }
      if (left < HEADER_BYTES + length) {
        this.#needed = HEADER_BYTES + length
        break
      }
      const start = at + HEADER_BYTES
      at = start + length
      this.#frame(type, bytes[start - 7]!, number, bytes, start, at)
    }
    if (!this.#closed && at < size) this.#hold(bytes, at, size)
  }

  #frame(type: number, flags: number, number: number, bytes: Buffer, start: number, end: number): void {
    if (type === RUN || type === INIT) {
      if (flags !== 0) return this.#fault(`a call with flags ${flags}, which this version does not know`)
      this.#open++
      const path = type === RUN ? '/run' : '/init'
      const body = bytes.toString('utf8', start, end)
      return this.#turns.begin(this, number, path, body, (reply) => this.#answer(number, reply))
    }
    if (type === CANCEL) return this.#turns.cancel(this, number)
    if (type < FIRST_OPTIONAL) this.#fault(`a frame of type ${type}, which this version does not know`)
  }

  #tooLong(type: number, number: number): void {
    if (type === RUN || type === INIT) {
      this.#open++
      this.#answer(number, badRequest())
    } else if (type < FIRST_OPTIONAL) this.#fault(`a frame of type ${type} that is too long`)
  }

  #answer(number: number, { status, body, silent, brief }: Reply): void {
    this.#open--
    if (this.#closed) return
    const most = HEADER_BYTES + MOST_BYTES * body.length
    if (this.#outBytes + most > GATHERED_BYTES) this.#flush()
    const flags = (silent === true ? SILENT : 0) | (brief === true ? BRIEF : 0)
    if (most > GATHERED_BYTES) {
      const frame = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(body))
      frame.write(body, HEADER_BYTES)
      writeHeader(frame, 0, frame.length - HEADER_BYTES, RESULT, flags, status, number)
      return this.#wire.send(frame)
    }
    const at = this.#outBytes
    const length = this.#out.write(body, at + HEADER_BYTES)
    writeHeader(this.#out, at, length, RESULT, flags, status, number)
    this.#outBytes = at + HEADER_BYTES + length
    // Others that end in this turn leave with it.
    if (this.#open === 0) return this.#flush()
    if (this.#flushes) return
    this.#flushes = true
    nextTick(() => {
      this.#flushes = false
      this.#flush()
    })
  }

  #flush(): void {
    const bytes = this.#outBytes
    if (bytes === 0 || this.#closed) return
    this.#outBytes = 0
    this.#wire.send(this.#out.subarray(0, bytes))
  }

  /** Nothing that follows can be understood: says why, and hangs up. */
  #fault(what: string): void {
    this.#flush()
    this.#closed = true
    const text = `protocol error: ${what}`
    const frame = Buffer.alloc(HEADER_BYTES + Buffer.byteLength(text))
    writeHeader(frame, 0, frame.write(text, HEADER_BYTES), FAULT, 0, 0, 0)
    this.#wire.send(frame)
    this.#wire.end()
    process.stderr.write(`${text}\n`)
  }
}

// By hand: the methods of a buffer are functions that a young process has to compile and warm first.
function numberAt(bytes: Buffer, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

function writeHeader(
  frame: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  detail: number,
  number: number,
): void {
  frame[at] = length >>> 24
  frame[at + 1] = length >>> 16
  frame[at + 2] = length >>> 8
  frame[at + 3] = length
  frame[at + 4] = type
  frame[at + 5] = flags
  frame[at + 6] = detail >>> 8
  frame[at + 7] = detail
  frame[at + 8] = number >>> 24
  frame[at + 9] = number >>> 16
  frame[at + 10] = number >>> 8
  frame[at + 11] = number
}
