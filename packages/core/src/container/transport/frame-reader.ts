import { HEADER_BYTES } from './frame-format.ts'

/** The header of the frame at hand; it is read again for the next one. */
export interface FrameHeader {
  readonly type: number
  readonly flags: number
  readonly detail: number
  readonly call: number
  /** Bytes of the whole payload. */
  readonly length: number
}

/** Whoever wants the frames that a reader finds. */
export interface FrameSink {
  /**
   * How many bytes of the payload are wanted, from its start; the others are passed over and never held.
   * @throws FrameError the frame must not be here.
   */
  wanted(header: FrameHeader): number
  /**
   * A frame is complete: what was wanted of its payload is `bytes` from `start` to `end`, valid during the call only.
   * @throws FrameError it cannot be understood.
   */
  frame(header: FrameHeader, bytes: Buffer, start: number, end: number): void
}

/**
 * Cuts what arrives into frames, however it was cut on the way. Memory grows with what has arrived and is wanted, never
 * with what a header announces.
 */
export class FrameReader implements FrameHeader {
  type = 0
  flags = 0
  detail = 0
  call = 0
  length = 0
  readonly #sink: FrameSink
  readonly #head = Buffer.alloc(HEADER_BYTES)
  #headBytes = 0
  #inside = false
  #left = 0
  #wanted = 0
  #kept: Buffer[] = []
  #keptBytes = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** In the middle of a frame: an end here loses something. */
  get torn(): boolean {
    return this.#inside || this.#headBytes > 0
  }

  /**
   * Takes the next bytes; they may be reused afterwards.
   * @throws FrameError from the sink; nothing may be written afterwards.
   */
  write(bytes: Buffer, size: number = bytes.length): void {
    for (let at = 0; at < size;) {
      if (this.#inside) {
        at += this.#take(bytes, at, size)
        continue
      }
      if (this.#headBytes === 0 && size - at >= HEADER_BYTES) {
        this.#readHead(bytes, at)
        at += HEADER_BYTES
      } else {
        const part = Math.min(HEADER_BYTES - this.#headBytes, size - at)
        bytes.copy(this.#head, this.#headBytes, at, at + part)
        this.#headBytes += part
        at += part
        if (this.#headBytes < HEADER_BYTES) return
        this.#headBytes = 0
        this.#readHead(this.#head, 0)
      }
      this.#wanted = Math.min(this.length, this.#sink.wanted(this))
      if (size - at >= this.length) {
        this.#sink.frame(this, bytes, at, at + this.#wanted)
        at += this.length
      } else {
        this.#inside = true
        this.#left = this.length
      }
    }
  }

  #readHead(bytes: Buffer, at: number): void {
    this.length = bytes.readUInt32BE(at)
    this.type = bytes[at + 4]!
    this.flags = bytes[at + 5]!
    this.detail = bytes.readUInt16BE(at + 6)
    this.call = bytes.readUInt32BE(at + 8)
  }

  #take(bytes: Buffer, at: number, size: number): number {
    const part = Math.min(this.#left, size - at)
    const keep = Math.min(part, this.#wanted - this.#keptBytes)
    if (keep > 0) {
      this.#kept.push(Buffer.from(bytes.subarray(at, at + keep)))
      this.#keptBytes += keep
    }
    this.#left -= part
    if (this.#left === 0) {
      const payload = this.#kept.length === 1 ? this.#kept[0]! : Buffer.concat(this.#kept, this.#keptBytes)
      this.#kept = []
      this.#keptBytes = 0
      this.#inside = false
      this.#sink.frame(this, payload, 0, payload.length)
    }
    return part
  }
}
