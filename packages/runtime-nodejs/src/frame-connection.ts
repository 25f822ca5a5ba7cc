import type { Socket } from 'node:net'
import { badRequest, MAX_BODY_BYTES } from './action-endpoint.ts'
import { CANCEL, FAULT, FIRST_OPTIONAL, HEADER_BYTES, INIT, RESULT, RUN, SILENT } from './frame-format.ts'
import type { Reply } from './reply.ts'
import type { Turns } from './turns.ts'

/** Answers are gathered up to this size, so that those of one turn leave in one write. */
const GATHERED_BYTES = 65_536

// Taken before any code of an action can replace it.
const afterThisTurn = queueMicrotask

/** One connection that speaks frames: each call is answered by one result, in the order in which they end. */
export class FrameConnection {
  readonly #socket: Socket
  readonly #turns: Turns
  /** Bytes of a frame that is not complete. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** Bytes that the frame at the front needs as a whole, as far as is known. */
  #needed = HEADER_BYTES
  /** Bytes still to come of a body that is too long to be kept. */
  #skip = 0
  #answers: Buffer[] = []
  #answerBytes = 0
  #flushes = false
  #closed = false

  constructor(socket: Socket, turns: Turns) {
    this.#socket = socket
    this.#turns = turns
    socket.on('data', (chunk: Buffer) => this.take(chunk))
    socket.once('end', () => socket.destroy())
    socket.once('close', () => {
      this.#closed = true
      turns.forget(this)
    })
  }

  take(chunk: Buffer): void {
    if (this.#heldBytes === 0) return this.#read(chunk)
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes < this.#needed) return
    const bytes = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#read(bytes)
  }

  #read(bytes: Buffer): void {
    let at = 0
    while (!this.#closed) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at)
        this.#skip -= skipped
        at += skipped
      }
      const left = bytes.length - at
      if (left < HEADER_BYTES) {
        this.#needed = HEADER_BYTES
        break
      }
      const length = bytes.readUInt32BE(at)
      const type = bytes[at + 4]!
      const number = bytes.readUInt32BE(at + 8)
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
    if (this.#closed || at === bytes.length) return
    this.#held.push(at === 0 ? bytes : bytes.subarray(at))
    this.#heldBytes = bytes.length - at
  }

  #frame(type: number, flags: number, number: number, bytes: Buffer, start: number, end: number): void {
    if (type === RUN || type === INIT) {
      if (flags !== 0) return this.#fault(`a call with flags ${flags}, which this version does not know`)
      const path = type === RUN ? '/run' : '/init'
      return this.#turns.begin(this, number, path, bytes.subarray(start, end), (reply) => this.#answer(number, reply))
    }
    if (type === CANCEL) return this.#turns.cancel(this, number)
    if (type < FIRST_OPTIONAL) this.#fault(`a frame of type ${type}, which this version does not know`)
  }

  #tooLong(type: number, number: number): void {
    if (type === RUN || type === INIT) this.#answer(number, badRequest())
    else if (type < FIRST_OPTIONAL) this.#fault(`a frame of type ${type} that is too long`)
  }

  #answer(number: number, { status, body, silent }: Reply): void {
    if (this.#closed) return
    const frame = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(body))
    writeHeader(frame, RESULT, silent === true ? SILENT : 0, status, number)
    frame.write(body, HEADER_BYTES)
    this.#answers.push(frame)
    this.#answerBytes += frame.length
    if (this.#answerBytes > GATHERED_BYTES) return this.#flush()
    if (this.#flushes) return
    this.#flushes = true
    afterThisTurn(() => this.#flush())
  }

  #flush(): void {
    this.#flushes = false
    const frames = this.#answers
    if (frames.length === 0) return
    this.#socket.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames, this.#answerBytes))
    this.#answers = []
    this.#answerBytes = 0
  }

  /** Nothing that follows can be understood: says why, and hangs up. */
  #fault(what: string): void {
    this.#flush()
    this.#closed = true
    const text = Buffer.from(`protocol error: ${what}`)
    const header = Buffer.alloc(HEADER_BYTES)
    writeHeader(header, FAULT, 0, 0, 0)
    header.writeUInt32BE(text.length)
    this.#socket.end(Buffer.concat([header, text]))
    process.stderr.write(`${text.toString()}\n`)
  }
}

/** `frame` is the whole frame, or its length is put in later. */
function writeHeader(frame: Buffer, type: number, flags: number, detail: number, number: number): void {
  frame.writeUInt32BE(frame.length - HEADER_BYTES)
  frame[4] = type
  frame[5] = flags
  frame.writeUInt16BE(detail, 6)
  frame.writeUInt32BE(number, 8)
}
